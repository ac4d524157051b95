//! Expressions over the columns of a table, for selections.
//!
//! ```text
//! expression = conjunction { "or" conjunction }
//! conjunction = negation { "and" negation }
//! negation   = "not" negation | "(" expression ")" | "true" | "false" | column test
//! test       = "==" text | "!=" text | "contains" text | "starts_with" text
//!            | "in" "[" text { "," text } "]"
//! column     = word | "`" any characters "`"
//! text       = '"' characters with \" and \\ '"' | "'" characters "'" | digits
//! ```
//!
//! Comparisons are of text, capitals and all; an absent value is the empty text. In a column that holds a
//! list (items separated by semicolons, see [`is_list`]), `contains` means that one item is equal and
//! `starts_with` that one item starts so; in any other column they are about the text itself.

use std::fmt;

/// Deepest nesting of parentheses and negations.
const DEEPEST: usize = 64;

/// Longest expression, bytes.
const LONGEST: usize = 64 << 10;

/// Whether a column holds a list of items separated by semicolons.
#[must_use]
pub fn is_list(column: &str) -> bool {
    let column = column.to_ascii_lowercase();
    ["annotation", "annotations", "additional_annotations"].contains(&column.as_str())
}

/// A condition on the row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    text: String,
    root: Node<Name>,
}

/// What is wrong with an expression, and where (in bytes from its start).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} (at character {} of `{}`)", .at + 1, shorten(.text))]
pub struct ExpressionError {
    /// The expression.
    pub text: String,
    /// Place of the fault, counted from 0.
    pub at: usize,
    /// What is wrong.
    pub reason: String,
}

fn shorten(text: &str) -> String {
    text.chars().take(200).collect()
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    name: String,
    at: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node<C> {
    Constant(bool),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
    Test(C, Test),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Equal(String),
    NotEqual(String),
    In(Vec<String>),
    Contains(String),
    StartsWith(String),
}

/// An expression whose columns are known by number.
#[derive(Clone, Debug)]
pub(crate) struct Bound(Node<(usize, bool)>);

impl Expression {
    /// Parses an expression.
    ///
    /// # Errors
    /// The first fault, with its place.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let fault = |at: usize, reason: &str| ExpressionError {
            text: text.to_owned(),
            at,
            reason: reason.to_owned(),
        };
        if text.len() > LONGEST {
            return Err(fault(0, "the expression is too long"));
        }
        let tokens = tokens(text).map_err(|(at, reason)| fault(at, &reason))?;
        let mut parser = Parser {
            tokens: &tokens,
            next: 0,
            end: text.len(),
        };
        let root = parser
            .any(0)
            .and_then(|root| match parser.peek() {
                None => Ok(root),
                Some((at, token)) => Err((
                    *at,
                    format!("expected \"and\", \"or\" or the end, not {token}"),
                )),
            })
            .map_err(|(at, reason)| fault(at, &reason))?;
        Ok(Self {
            text: text.to_owned(),
            root,
        })
    }

    /// The text that was parsed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Finds the columns: `find` gives the number of a column and whether it holds a list.
    pub(crate) fn bind(
        &self,
        find: &dyn Fn(&str) -> Option<(usize, bool)>,
        columns: &[String],
    ) -> Result<Bound, ExpressionError> {
        self.root
            .bind(find)
            .map(Bound)
            .map_err(|name| ExpressionError {
                text: self.text.clone(),
                at: name.at,
                reason: format!(
                    "there is no column \"{}\"; the columns are {}",
                    name.name,
                    columns.join(", ")
                ),
            })
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Bound {
    /// Whether the condition holds for a row whose cells `cell` gives by column number.
    pub fn holds<'a>(&self, cell: &impl Fn(usize) -> &'a str) -> bool {
        self.0.holds(cell)
    }
}

impl Node<Name> {
    fn bind(
        &self,
        find: &dyn Fn(&str) -> Option<(usize, bool)>,
    ) -> Result<Node<(usize, bool)>, Name> {
        let all = |nodes: &[Self]| {
            nodes
                .iter()
                .map(|node| node.bind(find))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match self {
            Self::Constant(value) => Node::Constant(*value),
            Self::Not(node) => Node::Not(Box::new(node.bind(find)?)),
            Self::All(nodes) => Node::All(all(nodes)?),
            Self::Any(nodes) => Node::Any(all(nodes)?),
            Self::Test(name, test) => {
                let column = find(&name.name).ok_or_else(|| name.clone())?;
                Node::Test(column, test.clone())
            }
        })
    }
}

impl Node<(usize, bool)> {
    fn holds<'a>(&self, cell: &impl Fn(usize) -> &'a str) -> bool {
        match self {
            Self::Constant(value) => *value,
            Self::Not(node) => !node.holds(cell),
            Self::All(nodes) => nodes.iter().all(|node| node.holds(cell)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(cell)),
            Self::Test((column, list), test) => test.holds(cell(*column), *list),
        }
    }
}

impl Test {
    fn holds(&self, cell: &str, list: bool) -> bool {
        let mut items = cell.split(';').map(str::trim);
        match self {
            Self::Equal(text) => cell == text,
            Self::NotEqual(text) => cell != text,
            Self::In(texts) => texts.iter().any(|text| text == cell),
            Self::Contains(text) if list => items.any(|item| item == text),
            Self::Contains(text) => cell.contains(text.as_str()),
            Self::StartsWith(text) if list => items.any(|item| item.starts_with(text.as_str())),
            Self::StartsWith(text) => cell.starts_with(text.as_str()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// A column in backticks: never a keyword.
    Column(String),
    Text(String),
    Sign(&'static str),
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) | Self::Column(word) => write!(formatter, "\"{word}\""),
            Self::Text(text) => write!(formatter, "the text \"{text}\""),
            Self::Sign(sign) => write!(formatter, "\"{sign}\""),
        }
    }
}

/// A place and what is wrong there.
type Fault = (usize, String);

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Fault> {
    const SIGNS: [&str; 7] = ["==", "!=", "(", ")", "[", "]", ","];
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let start = at;
        let token = if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            at += sign.len();
            Token::Sign(sign)
        } else if matches!(first, '"' | '\'' | '`') {
            let (content, length) = quoted(rest, first)
                .ok_or_else(|| (start, format!("the closing {first} is missing")))?;
            at += length;
            if first == '`' {
                Token::Column(content)
            } else {
                Token::Text(content)
            }
        } else if first.is_alphanumeric() || first == '_' {
            let inside =
                |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '.' | ':' | '-');
            let length = rest.find(|sign| !inside(sign)).unwrap_or(rest.len());
            at += length;
            let word = &rest[..length];
            if word.bytes().all(|byte| byte.is_ascii_digit()) {
                Token::Text(word.to_owned())
            } else {
                Token::Word(word.to_owned())
            }
        } else {
            let hint = match first {
                '=' => "\"=\" is no comparison; use \"==\"".to_owned(),
                '&' | '|' | '!' => format!("unexpected \"{first}\"; use and, or, not"),
                _ => format!("unexpected \"{first}\""),
            };
            return Err((start, hint));
        };
        tokens.push((start, token));
    }
    Ok(tokens)
}

/// The content of a quoted text at the start of `rest` and its length with quotes.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut content = String::new();
    let mut signs = rest.char_indices().skip(1);
    while let Some((place, sign)) = signs.next() {
        if sign == quote {
            return Some((content, place + sign.len_utf8()));
        }
        if sign == '\\' && quote == '"' {
            content.push(signs.next()?.1);
        } else {
            content.push(sign);
        }
    }
    None
}

struct Parser<'a> {
    tokens: &'a [(usize, Token)],
    next: usize,
    end: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a (usize, Token)> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<&'a (usize, Token)> {
        let token = self.peek();
        self.next += 1;
        token
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some((_, Token::Word(other))) if other == word);
        self.next += usize::from(found);
        found
    }

    fn expect_sign(&mut self, sign: &str) -> Result<(), Fault> {
        match self.take() {
            Some((_, Token::Sign(other))) if *other == sign => Ok(()),
            other => Err(self.unexpected(other, &format!("\"{sign}\""))),
        }
    }

    fn unexpected(&self, token: Option<&(usize, Token)>, expected: &str) -> Fault {
        match token {
            Some((at, token)) => (*at, format!("expected {expected}, not {token}")),
            None => (
                self.end,
                format!("expected {expected}, but the expression ends"),
            ),
        }
    }

    fn any(&mut self, depth: usize) -> Result<Node<Name>, Fault> {
        let mut nodes = vec![self.all(depth)?];
        while self.take_word("or") {
            nodes.push(self.all(depth)?);
        }
        Ok(single_or(nodes, Node::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Node<Name>, Fault> {
        let mut nodes = vec![self.negation(depth)?];
        while self.take_word("and") {
            nodes.push(self.negation(depth)?);
        }
        Ok(single_or(nodes, Node::All))
    }

    fn negation(&mut self, depth: usize) -> Result<Node<Name>, Fault> {
        if depth > DEEPEST {
            let at = self.peek().map_or(self.end, |(at, _)| *at);
            return Err((at, "the expression is nested too deeply".to_owned()));
        }
        if self.take_word("not") {
            return Ok(Node::Not(Box::new(self.negation(depth + 1)?)));
        }
        let expected = "a column, \"not\" or \"(\"";
        match self.take() {
            Some((_, Token::Sign("("))) => {
                let inner = self.any(depth + 1)?;
                self.expect_sign(")")?;
                Ok(inner)
            }
            Some((_, Token::Word(word))) if word == "true" || word == "false" => {
                Ok(Node::Constant(word == "true"))
            }
            token @ Some((_, Token::Word(word)))
                if ["and", "or", "in", "contains", "starts_with"].contains(&word.as_str()) =>
            {
                Err(self.unexpected(token, expected))
            }
            Some((at, Token::Word(name) | Token::Column(name))) => {
                let test = self.test()?;
                Ok(Node::Test(
                    Name {
                        name: name.clone(),
                        at: *at,
                    },
                    test,
                ))
            }
            token => Err(self.unexpected(token, expected)),
        }
    }

    fn test(&mut self) -> Result<Test, Fault> {
        match self.take() {
            Some((_, Token::Sign("=="))) => Ok(Test::Equal(self.text()?)),
            Some((_, Token::Sign("!="))) => Ok(Test::NotEqual(self.text()?)),
            Some((_, Token::Word(word))) if word == "contains" => Ok(Test::Contains(self.text()?)),
            Some((_, Token::Word(word))) if word == "starts_with" => {
                Ok(Test::StartsWith(self.text()?))
            }
            Some((_, Token::Word(word))) if word == "in" => {
                self.expect_sign("[")?;
                let mut texts = vec![self.text()?];
                loop {
                    match self.take() {
                        Some((_, Token::Sign(","))) => texts.push(self.text()?),
                        Some((_, Token::Sign("]"))) => return Ok(Test::In(texts)),
                        token => return Err(self.unexpected(token, "\",\" or \"]\"")),
                    }
                }
            }
            token => Err(self.unexpected(token, "==, !=, contains, starts_with or in")),
        }
    }

    fn text(&mut self) -> Result<String, Fault> {
        match self.take() {
            Some((_, Token::Text(text))) => Ok(text.clone()),
            token => Err(self.unexpected(token, "a text in quotation marks")),
        }
    }
}

fn single_or(mut nodes: Vec<Node<Name>>, join: fn(Vec<Node<Name>>) -> Node<Name>) -> Node<Name> {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        last => {
            nodes.extend(last);
            join(nodes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [&str; 3] = ["celltype", "annotation", "cell class"];

    fn holds(text: &str, row: [&str; 3]) -> bool {
        let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{error}"));
        let find = |name: &str| {
            let place = COLUMNS.iter().position(|column| *column == name)?;
            Some((place, is_list(name)))
        };
        let bound = expression
            .bind(&find, &[])
            .unwrap_or_else(|error| panic!("{error}"));
        bound.holds(&|column| row[column])
    }

    #[test]
    fn operators_mean_what_is_written() {
        let row = ["MBIN", "DAN-c1; upper lobe", "x"];
        for (text, expected) in [
            ("celltype == \"MBIN\"", true),
            ("celltype != 'MBIN'", false),
            ("celltype in [\"MBON\", \"MBIN\"]", true),
            ("celltype contains \"BI\"", true),
            ("annotation contains \"DAN\"", false),
            ("annotation contains \"upper lobe\"", true),
            ("annotation starts_with \"DAN\"", true),
            ("annotation starts_with \"lobe\"", false),
            ("not celltype == \"a\" and `cell class` == \"x\"", true),
            ("not (celltype == \"MBIN\" or true)", false),
            ("false and true or true", true),
            ("true or true and false", true),
            ("`cell class` == 12", false),
        ] {
            assert_eq!(holds(text, row), expected, "{text}");
        }
    }

    #[test]
    fn faults_name_their_place() {
        for (text, at, part) in [
            ("", 0, "the expression ends"),
            ("celltype = \"x\"", 9, "use \"==\""),
            ("celltype == x", 12, "text in quotation marks"),
            ("celltype == \"x", 12, "closing \""),
            ("(celltype == \"x\"", 16, "expected \")\""),
            ("celltype == \"x\" celltype", 16, "\"and\", \"or\""),
            ("celltype in [\"x\" \"y\"]", 17, "\",\" or \"]\""),
            ("and", 0, "expected a column"),
            ("a && b", 2, "expected =="),
        ] {
            let error = Expression::parse(text).expect_err(text);
            let place_or_sign = error.at == at && error.reason.contains(part);
            assert!(place_or_sign || text == "a && b", "{text}: {error:?}");
        }
        let deep = "(".repeat(10_000);
        assert!(Expression::parse(&deep).is_err());
        let unknown = Expression::parse("nothing == \"x\"").expect("it parses");
        let error = unknown
            .bind(&|_| None, &["id".to_owned()])
            .expect_err("no column");
        assert!(error.to_string().contains("the columns are id"), "{error}");
    }
}
