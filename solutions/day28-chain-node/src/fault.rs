//! What can go wrong: a rule is broken, or a request makes no sense.

use std::fmt;

/// An input that is not there any more, or never was.
pub const MISSING: &str = "bad-txns-inputs-missingorspent";

/// An error as JSON-RPC writes it, with a code of Bitcoin Core.
#[derive(Debug, Clone)]
pub struct Fault {
    pub code: i32,
    /// For the person who sent the request.
    pub message: String,
}

/// Codes, with Bitcoin Core's meaning (its `src/rpc/protocol.h`).
pub mod code {
    /// No such call, or a parameter is missing.
    pub const MISC: i32 = -1;
    /// A parameter of the wrong type.
    pub const TYPE: i32 = -3;
    /// No such block, or no such address.
    pub const NOT_FOUND: i32 = -5;
    pub const FUNDS: i32 = -6;
    /// A parameter out of its range.
    pub const PARAMETER: i32 = -8;
    pub const DATABASE: i32 = -20;
    /// These bytes are no block or no transaction.
    pub const DECODE: i32 = -22;
    /// Inputs are missing or spent.
    pub const INPUTS: i32 = -25;
    /// A rule is broken.
    pub const RULE: i32 = -26;
    pub const ALREADY_CONFIRMED: i32 = -27;
    pub const INVALID_REQUEST: i32 = -32600;
    pub const NO_METHOD: i32 = -32601;
    pub const PARSE: i32 = -32700;
}

impl Fault {
    pub fn new(code: i32, message: impl Into<String>) -> Fault {
        Fault { code, message: message.into() }
    }

    /// The cause goes to the log and not to the client.
    pub fn internal(cause: impl fmt::Display) -> Fault {
        eprintln!("error: {cause}");
        Fault::new(code::DATABASE, "the node could not complete the request")
    }
}

/// Why a block or a transaction was not taken.
#[derive(Debug, Clone)]
pub enum Refusal {
    /// It breaks this rule, by Bitcoin Core's name.
    Rule(&'static str),
    /// Nobody knows, because something of ours failed.
    Failure(Fault),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Fault {
        Fault::internal(error)
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Refusal {
        Refusal::Failure(error.into())
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        Refusal::Failure(fault)
    }
}

/// Of a transaction that was sent.
impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Fault {
        match refusal {
            Refusal::Rule(rule) => Fault::new(if rule == MISSING { code::INPUTS } else { code::RULE }, rule),
            Refusal::Failure(fault) => fault,
        }
    }
}
