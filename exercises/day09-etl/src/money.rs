//! Prices, exact from the first digit on.

/// How many decimals a currency has (ISO 4217), or none for one that we do not trade in.
pub fn decimals_of(currency: &str) -> Option<usize> {
    todo!("the decimals of {currency}, as the page lists them")
}

/// `19.9` with two decimals is 1990. None for what is no such price, or has more decimals than that.
pub fn parse(text: &str, decimals: usize) -> Option<i64> {
    todo!("make an integer of {text:?} without a float; it may have {decimals} decimals")
}
