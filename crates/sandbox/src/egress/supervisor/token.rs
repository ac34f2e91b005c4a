//! What an epoll event belongs to, in 64 bits.

use rustix::event::epoll::EventData;

/// Whose socket became ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Stop,
    Dns,
    /// A listener; the number is its index, that of the stub's TCP listener is behind the others.
    Listener(usize),
    Watch(usize),
    /// A socket of the connection in a slot. The generation tells it from the one that had the slot before.
    Connection {
        slot: usize,
        generation: u32,
        part: Part,
    },
}

/// The sockets that one connection can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Client,
    Server,
    /// A question of its look-up, by index.
    Lookup(usize),
}

const KIND: u32 = 28;
const PART: u32 = 24;
const INDEX: u64 = (1 << PART) - 1;

impl Token {
    /// Layout from the top: generation (32 bits), kind (4), part (4), index (24).
    pub(super) fn data(self) -> EventData {
        let (kind, generation, part, index) = match self {
            Self::Stop => (0, 0, 0, 0),
            Self::Dns => (1, 0, 0, 0),
            Self::Listener(index) => (2, 0, 0, index),
            Self::Watch(index) => (3, 0, 0, index),
            Self::Connection {
                slot,
                generation,
                part,
            } => {
                let part = match part {
                    Part::Client => 0,
                    Part::Server => 1,
                    Part::Lookup(index) => 2 + index as u64,
                };
                (4, generation, part, slot)
            }
        };
        let low = kind << KIND | part << PART | index as u64 & INDEX;
        EventData::new_u64(u64::from(generation) << 32 | low)
    }

    /// Reads a token back; none for a number that is none.
    pub(super) fn from_data(data: EventData) -> Option<Self> {
        let bits = data.u64();
        let index = usize::try_from(bits & INDEX).ok()?;
        let part = match bits >> PART & 0xf {
            0 => Part::Client,
            1 => Part::Server,
            other => Part::Lookup(usize::try_from(other).ok()? - 2),
        };
        Some(match bits >> KIND & 0xf {
            0 => Self::Stop,
            1 => Self::Dns,
            2 => Self::Listener(index),
            3 => Self::Watch(index),
            4 => Self::Connection {
                slot: index,
                generation: u32::try_from(bits >> 32).ok()?,
                part,
            },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_the_kernel() {
        let connection = |slot, generation, part| Token::Connection {
            slot,
            generation,
            part,
        };
        let all = [
            Token::Stop,
            Token::Dns,
            Token::Listener(128),
            Token::Watch(1),
            connection(0, 0, Part::Client),
            connection(511, u32::MAX, Part::Server),
            connection(7, 1, Part::Lookup(0)),
            connection(1_000_000, 2, Part::Lookup(1)),
        ];
        for token in all {
            assert_eq!(Token::from_data(token.data()), Some(token));
        }
        assert_eq!(Token::from_data(EventData::new_u64(9 << KIND)), None);
    }
}
