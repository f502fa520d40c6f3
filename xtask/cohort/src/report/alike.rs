//! Failures that are the same but for numbers, ids, ports and paths.

/// What a failure says, in a form that equal failures share. A harness message is known by its requirement and the first line
/// of what came; another one by its first two lines.
pub fn form(message: &str) -> String {
    const LONGEST: usize = 200;
    let lines: Vec<_> = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let labelled = |label: &str| lines.iter().find_map(|line| line.strip_prefix(label)).map(str::trim);
    let telling: Vec<_> = match (labelled("requirement:"), labelled("actual:")) {
        (None, None) => lines.iter().filter(|line| !line.starts_with("random input:")).take(2).copied().collect(),
        (requirement, actual) => requirement.into_iter().chain(actual).collect(),
    };
    let forms = telling.into_iter().map(|line| normal(line).chars().take(LONGEST).collect::<String>());
    forms.collect::<Vec<_>>().join(" | ")
}

/// A compiler's messages are known by the first error.
pub fn form_of_build_failure(messages: &str) -> String {
    let first = messages.lines().find(|line| line.trim_start().starts_with("error"));
    normal(first.or_else(|| messages.lines().next()).unwrap_or_default())
}

/// A line with `N` for a number, `ID` for what looks like an id, `PATH` for a path of a machine, and single blanks.
///
/// A status stays: whether a server answered 404 or 500 makes another failure.
pub fn normal(line: &str) -> String {
    let mut result = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let length = if let Some(length) = path(rest) {
            result.push_str("PATH");
            length
        } else if let Some(length) = uuid(rest) {
            result.push_str("ID");
            length
        } else if first.is_ascii_alphanumeric() {
            let length = word_length(rest);
            word(&rest[..length], &mut result);
            length
        } else {
            // Several blanks are one.
            if !first.is_whitespace() {
                result.push(first);
            } else if !result.ends_with(' ') {
                result.push(' ');
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    result.trim().to_owned()
}

/// The length of a path below a folder that machines have, at the beginning of the text.
fn path(text: &str) -> Option<usize> {
    const ROOTS: [&str; 10] =
        ["/tmp/", "/home/", "/root/", "/var/", "/run/", "/usr/", "/opt/", "/dev/", "/Users/", "/private/"];
    ROOTS.iter().any(|root| text.starts_with(root)).then(|| {
        let ends = |c: char| c.is_whitespace() || "\"'`()[]{}<>,;:".contains(c);
        text.find(ends).unwrap_or(text.len())
    })
}

/// The length of an id of the form of RFC 9562, at the beginning of the text.
fn uuid(text: &str) -> Option<usize> {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let candidate = text.get(..36)?;
    let mut groups = candidate.split('-');
    let fits = GROUPS.iter().all(|length| {
        groups.next().is_some_and(|group| group.len() == *length && group.bytes().all(|byte| byte.is_ascii_hexdigit()))
    });
    fits.then_some(36)
}

/// Letters and digits, and the point inside of a number.
fn word_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    while let Some(byte) = bytes.get(end) {
        let point = *byte == b'.' && end > 0 && is_digit(end - 1) && is_digit(end + 1);
        if !byte.is_ascii_alphanumeric() && !point {
            break;
        }
        end += 1;
    }
    end
}

fn word(word: &str, result: &mut String) {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_status = word.len() == 3 && digits == 3 && (b'1'..=b'5').contains(&word.as_bytes()[0]);
    let after_status = ["", "status ", "status: ", "HTTP/N ", "answered "].iter().any(|before| match *before {
        "" => result.is_empty(),
        before => result.ends_with(before),
    });
    let is_error_code = word.len() == 5 && digits == 4 && word.starts_with('E');
    if digits == 0 || is_error_code || is_status && after_status {
        result.push_str(word);
    } else if digits == word.len() || word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        result.push('N');
    } else if word.len() >= 8 && digits >= 2 {
        result.push_str("ID");
    } else {
        let mut in_number = false;
        for letter in word.chars() {
            if !letter.is_ascii_digit() {
                result.push(letter);
            } else if !in_number {
                result.push('N');
            }
            in_number = letter.is_ascii_digit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ids_ports_and_paths_make_no_difference() {
        for (text, form) in [
            ("took 12.5 s, not 3", "took N s, not N"),
            ("127.0.0.1:45123 refused", "N:N refused"),
            ("no note 550e8400-e29b-41d4-a716-446655440000", "no note ID"),
            ("web-1749e9a4f7-78kcd", "web-ID-Nkcd"),
            ("cannot open /tmp/x y-17/data: gone", "cannot open PATH y-N/data: gone"),
            ("GET /notes/17   gives\t17", "GET /notes/N gives N"),
            ("ключ 7 не найден 🦀", "ключ N не найден 🦀"),
        ] {
            assert_eq!(normal(text), form, "{text}");
        }
    }

    #[test]
    fn a_status_and_the_code_of_an_error_make_one() {
        assert_eq!(normal("404 Not Found"), "404 Not Found");
        assert_eq!(normal("status 500 after 300 ms"), "status 500 after N ms");
        assert_ne!(form_of_build_failure("error[E0308]: x"), form_of_build_failure("error[E0425]: x"));
    }

    #[test]
    fn a_harness_message_is_known_by_requirement_and_outcome() {
        let message = |seed: u32, port: u32, status: u32| {
            format!(
                "random input: HARNESS_SEED={seed} repeats it\n\nrequirement: a note is created\n    request: curl \
                 http://127.0.0.1:{port}/notes\n   expected: 201\n     actual: {status}\nthe program wrote nothing to stderr"
            )
        };
        assert_eq!(form(&message(1, 4000, 404)), form(&message(2, 51234, 404)));
        assert_ne!(form(&message(1, 4000, 404)), form(&message(1, 4000, 500)));
        assert_eq!(form(&message(1, 2, 404)), "a note is created | 404");
        assert_eq!(form(""), "");
    }
}
