//! The database, as somebody sees it who does not ask the program.

use harness::{Postgres, expect};
use tokio_postgres::{Client, NoTls};

/// A connection of the test's own, which may do what the program may not.
pub async fn connect(postgres: &Postgres) -> Client {
    let (client, connection) = match tokio_postgres::connect(&postgres.superuser_url(), NoTls).await {
        Ok(connected) => connected,
        Err(error) => panic!("the test cannot connect to its own database: {error}"),
    };
    tokio::spawn(connection);
    client
}

/// A statement that the database has to refuse.
pub async fn expect_refused(client: &Client, statement: &str) {
    let done = client.batch_execute(statement).await;
    expect("the database itself refuses this")
        .request(statement)
        .expected("an error")
        .that(done.is_err(), "it was done");
}
