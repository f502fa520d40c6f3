//! The parameters of a call: a list, of which the last ones may be left out.

use crate::fault::{Fault, code};
use bitcoin::{
    Address, Amount, Network, ScriptBuf,
    address::NetworkUnchecked,
    consensus::{Decodable, encode::deserialize_hex},
};
use serde_json::Value;
use std::str::FromStr;

/// The parameters.
#[derive(Debug)]
pub struct Params(pub Vec<Value>);

impl Params {
    /// What stands here, unless it is left out or null.
    pub fn optional(&self, index: usize) -> Option<&Value> {
        self.0.get(index).filter(|value| !value.is_null())
    }

    fn needed(&self, index: usize) -> Result<&Value, Fault> {
        self.optional(index).ok_or_else(|| Fault::new(code::MISC, format!("parameter {} is missing", index + 1)))
    }

    pub fn text(&self, index: usize) -> Result<&str, Fault> {
        self.needed(index)?.as_str().ok_or_else(|| wrong_type(index, "a text"))
    }

    /// A whole number that is not negative.
    pub fn number(&self, index: usize) -> Result<u32, Fault> {
        let number = self.needed(index)?.as_i64().ok_or_else(|| wrong_type(index, "a whole number"))?;
        u32::try_from(number)
            .map_err(|_| Fault::new(code::PARAMETER, format!("parameter {} is out of range", index + 1)))
    }

    /// An amount of bitcoins, with at most eight decimals.
    pub fn amount(&self, index: usize) -> Result<Amount, Fault> {
        amount(self.needed(index)?)
    }

    /// Something in hex: a hash, as it is written for people.
    pub fn parsed<T: FromStr>(&self, index: usize) -> Result<T, Fault> {
        let wrong = |_| Fault::new(code::PARAMETER, format!("parameter {} is not a hash of 64 hex digits", index + 1));
        self.text(index)?.parse().map_err(wrong)
    }

    /// A block or a transaction, in hex.
    pub fn decoded<T: Decodable>(&self, index: usize) -> Result<T, Fault> {
        deserialize_hex(self.text(index)?)
            .map_err(|error| Fault::new(code::DECODE, format!("this cannot be read: {error}")))
    }

    /// The script that an address stands for.
    pub fn script(&self, index: usize) -> Result<ScriptBuf, Fault> {
        let address = address(self.text(index)?).map_err(|why| Fault::new(code::NOT_FOUND, why))?;
        Ok(address.script_pubkey())
    }
}

/// An address of regtest, or why it is none.
pub fn address(text: &str) -> Result<Address, String> {
    let address: Address<NetworkUnchecked> = text.parse().map_err(|error| format!("this is no address: {error}"))?;
    address.require_network(Network::Regtest).map_err(|error| error.to_string())
}

/// An amount of bitcoins. Eight decimals of a number below 21 million fit into JSON's numbers, and come back as they were.
pub fn amount(value: &Value) -> Result<Amount, Fault> {
    let amount = value.as_f64().and_then(|bitcoins| Amount::from_btc(bitcoins).ok());
    let fits = amount.filter(|amount| *amount <= Amount::MAX_MONEY);
    fits.ok_or_else(|| Fault::new(code::TYPE, "an amount is a number of bitcoins, with at most eight decimals"))
}

fn wrong_type(index: usize, wanted: &str) -> Fault {
    Fault::new(code::TYPE, format!("parameter {} has to be {wanted}", index + 1))
}
