//! What stands in one cell of a table.

/// Text that no spreadsheet takes for a formula: one that begins like one gets an apostrophe in front, which a spreadsheet
/// shows as no part of the text.
pub fn neutral(text: &str) -> String {
    // A line break or a blank before the sign does not help everywhere.
    let begins_formula = text.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if begins_formula || text.starts_with(['\t', '\r', '\n']) { format!("'{text}") } else { text.to_owned() }
}

/// Points with two decimals at most; nothing where there is no verdict.
pub fn points(grade: Option<f64>) -> String {
    let Some(grade) = grade else { return String::new() };
    let text = format!("{grade:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"] {
            assert_eq!(neutral(text), format!("'{text}"));
        }
        for text in ["Zoë", "山田 太郎", "O'Brien", "a=b", ""] {
            assert_eq!(neutral(text), text);
        }
    }

    #[test]
    fn points_have_the_digits_that_they_need() {
        assert_eq!([Some(300.0), Some(2.346), Some(1.5), Some(0.0), None].map(points), ["300", "2.35", "1.5", "0", ""]);
    }
}
