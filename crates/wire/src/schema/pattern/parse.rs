//! Reading a regular expression, as ECMA-262 writes them. It never fails: what is no expression is read as something like it, since
//! engines that refuse it do no work.

use std::iter::Peekable;
use std::str::Chars;

use super::class::Class;

/// Groups inside each other beyond which the rest is not looked at.
const DEEPEST: usize = 64;
/// A count from which on repeating is like repeating for ever.
const MANY: u64 = 10;

/// An expression.
#[derive(Debug)]
pub(super) enum Node {
    Empty,
    One(Class),
    Sequence(Vec<Node>),
    Either(Vec<Node>),
    /// At most once.
    Optional(Box<Node>),
    /// Again and again; at least once unless `optional`.
    Loop {
        node: Box<Node>,
        optional: bool,
    },
}

/// What was read.
pub(super) struct Parsed {
    pub(super) node: Node,
    /// The largest product of counted repetitions inside each other.
    pub(super) most_repeats: u64,
}

pub(super) fn parse(pattern: &str) -> Parsed {
    let mut parser = Parser {
        rest: pattern.chars().peekable(),
        depth: 0,
    };
    let (node, mut most_repeats) = parser.either();
    // A closing parenthesis that nothing opened.
    while parser.rest.next().is_some() {
        most_repeats = most_repeats.max(parser.either().1);
    }
    Parsed { node, most_repeats }
}

struct Parser<'a> {
    rest: Peekable<Chars<'a>>,
    depth: usize,
}

impl Parser<'_> {
    fn either(&mut self) -> (Node, u64) {
        let (mut branches, mut most) = (Vec::new(), 1);
        loop {
            let (node, repeats) = self.sequence();
            branches.push(node);
            most = repeats.max(most);
            if self.rest.next_if_eq(&'|').is_none() {
                break;
            }
        }
        match branches.len() {
            1 => (branches.pop().unwrap_or(Node::Empty), most),
            _ => (Node::Either(branches), most),
        }
    }

    fn sequence(&mut self) -> (Node, u64) {
        let (mut nodes, mut most) = (Vec::new(), 1);
        while let Some(character) = self
            .rest
            .next_if(|character| !matches!(character, '|' | ')'))
        {
            let (atom, repeats) = self.atom(character);
            let (node, repeats) = self.repeated(atom, repeats);
            nodes.push(node);
            most = repeats.max(most);
        }
        (Node::Sequence(nodes), most)
    }

    fn atom(&mut self, character: char) -> (Node, u64) {
        match character {
            '(' => self.group(),
            '[' => (Node::One(self.class()), 1),
            '\\' => (self.escape(), 1),
            '.' => (Node::One(Class::dot().flat()), 1),
            '^' | '$' => (Node::Empty, 1),
            other => (Node::One(Class::one(other)), 1),
        }
    }

    fn group(&mut self) -> (Node, u64) {
        let mut looks = false;
        if self.rest.next_if_eq(&'?').is_some() {
            match self.rest.next() {
                Some('=' | '!') => looks = true,
                // A name, or a look behind.
                Some('<') => match self.rest.next() {
                    Some('=' | '!') => looks = true,
                    _ => drop(self.rest.by_ref().find(|character| *character == '>')),
                },
                _ => {}
            }
        }
        self.depth += 1;
        let (node, repeats) = match self.depth > DEEPEST {
            true => (Node::Empty, 1),
            false => self.either(),
        };
        self.depth -= 1;
        self.rest.next_if_eq(&')');
        (if looks { Node::Empty } else { node }, repeats)
    }

    fn escape(&mut self) -> Node {
        match self.rest.next() {
            None | Some('b' | 'B' | '1'..='9' | 'k') => Node::Empty,
            Some(letter @ ('p' | 'P' | 'u' | 'x')) => Node::One(self.named(letter)),
            Some(letter) => Node::One(
                Class::escape(letter)
                    .unwrap_or_else(|| Class::one(controlled(letter)))
                    .flat(),
            ),
        }
    }

    /// A character by its number, or a property.
    fn named(&mut self, letter: char) -> Class {
        let braced = self.rest.next_if_eq(&'{').is_some();
        if letter.eq_ignore_ascii_case(&'p') {
            while braced && self.rest.next_if(|character| *character != '}').is_some() {}
            self.rest.next_if_eq(&'}');
            return Class::escape(letter).unwrap_or_else(Class::dot).flat();
        }
        let most = if braced {
            6
        } else if letter == 'x' {
            2
        } else {
            4
        };
        let mut number = 0;
        for _ in 0..most {
            let Some(digit) = self
                .rest
                .next_if(char::is_ascii_hexdigit)
                .and_then(|digit| digit.to_digit(16))
            else {
                break;
            };
            number = number * 16 + digit;
        }
        if braced {
            self.rest.next_if_eq(&'}');
        }
        Class {
            ranges: vec![(number, number)],
            negated: false,
        }
    }

    fn class(&mut self) -> Class {
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut class = Class {
            ranges: Vec::new(),
            negated: false,
        };
        while let Some(character) = self.rest.next() {
            let low = match character {
                ']' => break,
                '\\' => self.class_escape(),
                other => Class::one(other),
            };
            let mut range = low;
            if self.rest.next_if_eq(&'-').is_some() {
                match self.rest.peek() {
                    Some(']') | None => range.add(&Class::one('-')),
                    Some(_) => range = self.up_to(range),
                }
            }
            class.add(&range);
        }
        class.negated = negated;
        class.flat()
    }

    /// A range from a character to the one that follows, or both and a hyphen where one of them is a set.
    fn up_to(&mut self, low: Class) -> Class {
        let high = match self.rest.next() {
            Some('\\') => self.class_escape(),
            Some(other) => Class::one(other),
            None => Class::one('-'),
        };
        match (low.ranges.as_slice(), high.ranges.as_slice()) {
            ([(first, same)], [(last, also)]) if first == same && last == also => Class {
                ranges: vec![(*first, (*last).max(*first))],
                negated: false,
            },
            _ => {
                let mut both = low;
                both.add(&high);
                both.add(&Class::one('-'));
                both
            }
        }
    }

    fn class_escape(&mut self) -> Class {
        match self.rest.next() {
            Some(letter @ ('p' | 'P' | 'u' | 'x')) => self.named(letter),
            Some(letter) => Class::escape(letter)
                .unwrap_or_else(|| Class::one(controlled(letter)))
                .flat(),
            None => Class::one('\\'),
        }
    }

    /// What stands behind an atom: `*`, `+`, `?` or a count, lazy or not. More than one is read as one inside the other.
    fn repeated(&mut self, atom: Node, repeats: u64) -> (Node, u64) {
        let (least, most) = match self.rest.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => match self.count() {
                Some(counts) => counts,
                None => return (atom, repeats),
            },
            _ => return (atom, repeats),
        };
        if self.rest.peek() != Some(&'{') {
            self.rest
                .next_if(|character| matches!(character, '*' | '+' | '?'));
        }
        self.rest.next_if_eq(&'?');
        // What repeats for ever is a loop; only what has a count is copied.
        let total = repeats.saturating_mul(most.unwrap_or(least).max(1));
        let node = Box::new(atom);
        let node = match most {
            Some(0) => Node::Empty,
            Some(1) if least == 1 => *node,
            Some(1) => Node::Optional(node),
            Some(few) if few < MANY && least == few => *node,
            Some(few) if few < MANY => Node::Optional(node),
            _ => Node::Loop {
                node,
                optional: least == 0,
            },
        };
        (node, total)
    }

    /// A count in braces, eaten when it is one. A brace that begins none is a character.
    fn count(&mut self) -> Option<(u64, Option<u64>)> {
        let mut ahead = self.rest.clone();
        ahead.next();
        let number = |ahead: &mut Peekable<Chars<'_>>| {
            let mut value = None;
            while let Some(digit) = ahead
                .next_if(char::is_ascii_digit)
                .and_then(|digit| digit.to_digit(10))
            {
                value = Some(
                    value
                        .unwrap_or(0_u64)
                        .saturating_mul(10)
                        .saturating_add(digit.into()),
                );
            }
            value
        };
        let least = number(&mut ahead)?;
        let most = match ahead.next_if_eq(&',') {
            Some(_) => number(&mut ahead),
            None => Some(least),
        };
        ahead.next_if_eq(&'}')?;
        self.rest = ahead;
        Some((least, most))
    }
}

fn controlled(letter: char) -> char {
    match letter {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'f' => '\u{C}',
        'v' => '\u{B}',
        '0' => '\0',
        other => other,
    }
}
