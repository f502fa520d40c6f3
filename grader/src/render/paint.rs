//! Colours, or none.

/// Paints text for a terminal, when it is one that wants colours.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// With or without colours.
    pub fn new(on: bool) -> Paint {
        Paint { on }
    }

    /// Good.
    pub fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    /// Bad.
    pub fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    /// Special, or uncertain.
    pub fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    /// A title.
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// An aside.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
