//! The tests of day 18 that learners do not see.

mod aggregates;
mod fill;
mod group_by_time;
mod kill9;
mod line_protocol_escapes;
mod model;
mod out_of_order_20k;
mod partial_write_type_conflict;
mod precision;
mod retention_and_downsampling;
mod write_and_select;

use crate::visible::support::{DATABASE, Store};

/// The `influxdb` crate, pointed at a store.
fn influx(store: &Store) -> influxdb::Client {
    influxdb::Client::new(store.http.base(), DATABASE)
}
