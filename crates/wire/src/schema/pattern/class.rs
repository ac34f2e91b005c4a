//! Sets of characters.

/// Characters as ranges, or all but those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) ranges: Vec<(u32, u32)>,
    pub(super) negated: bool,
}

const LAST: u32 = 0x10_FFFF;

impl Class {
    pub(super) fn one(character: char) -> Self {
        Self {
            ranges: vec![(character.into(), character.into())],
            negated: false,
        }
    }

    /// Any character but a line end.
    pub(super) fn dot() -> Self {
        Self {
            ranges: vec![(0xA, 0xA), (0xD, 0xD)],
            negated: true,
        }
    }

    /// `\d`, `\w`, `\s` and what they leave out; nothing for other letters.
    pub(super) fn escape(letter: char) -> Option<Self> {
        let ranges = match letter.to_ascii_lowercase() {
            'd' => vec![(0x30, 0x39)],
            'w' => vec![(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)],
            's' => vec![
                (0x9, 0xD),
                (0x20, 0x20),
                (0xA0, 0xA0),
                (0x2000, 0x200A),
                (0x2028, 0x2029),
                (0x3000, 0x3000),
            ],
            // Properties are taken for letters of every kind.
            'p' => vec![(0x41, 0x5A), (0x61, 0x7A), (0x80, LAST)],
            _ => return None,
        };
        Some(Self {
            ranges,
            negated: letter.is_ascii_uppercase(),
        })
    }

    /// The ranges that it has, whether they were written so or not.
    fn plain(&self) -> Vec<(u32, u32)> {
        let mut ranges = self.ranges.clone();
        if !self.negated {
            return ranges;
        }
        ranges.sort_unstable();
        let (mut rest, mut next) = (Vec::new(), 0);
        for (first, last) in ranges {
            if first > next {
                rest.push((next, first - 1));
            }
            next = next.max(last.saturating_add(1));
        }
        if next <= LAST {
            rest.push((next, LAST));
        }
        rest
    }

    /// Adds another set.
    pub(super) fn add(&mut self, other: &Self) {
        self.ranges.extend(other.plain());
    }

    /// The same set as ranges without negation.
    pub(super) fn flat(self) -> Self {
        Self {
            ranges: self.plain(),
            negated: false,
        }
    }

    /// Whether a character is in both. Both are flat.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.ranges
            .iter()
            .any(|a| other.ranges.iter().any(|b| a.0 <= b.1 && b.0 <= a.1))
    }
}
