//! Prices, exact from the first digit on.

/// So many digits a price may have before the point. Sums of a great many of these fit into 64 bits.
const WHOLE_DIGITS: usize = 7;

/// How many decimals a currency has (ISO 4217), or none for one that we do not trade in.
pub fn decimals_of(currency: &str) -> Option<usize> {
    match currency {
        "EUR" | "USD" | "GBP" | "CHF" => Some(2),
        "JPY" => Some(0),
        "BHD" => Some(3),
        _ => None,
    }
}

/// `19.9` with two decimals is 1990. None for what is no such price, or has more decimals than that.
pub fn parse(text: &str, decimals: usize) -> Option<i64> {
    let (whole, part) = match text.split_once('.') {
        Some((_, "")) => return None,
        Some(split) => split,
        None => (text, ""),
    };
    let is_price = (1..=WHOLE_DIGITS).contains(&whole.len()) && part.len() <= decimals;
    let digits = format!("{whole}{part:0<decimals$}");
    // `parse` alone would take a sign, too.
    (is_price && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}
