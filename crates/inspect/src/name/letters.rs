//! Letters of other scripts that look like Latin ones. Those that every font draws alike; not all that Unicode counts as confusable.

const ALIKE: &[(&str, char)] = &[
    ("аɑα", 'a'),
    ("АΑ", 'A'),
    ("ВΒ", 'B'),
    ("Ьƅ", 'b'),
    ("сϲ", 'c'),
    ("СϹ", 'C'),
    ("ԁ", 'd'),
    ("еҽ", 'e'),
    ("ЕΕ", 'E'),
    ("ƒ", 'f'),
    ("ɡց", 'g'),
    ("һհ", 'h'),
    ("НΗ", 'H'),
    ("іıι", 'i'),
    ("ІΙӀ", 'I'),
    ("јϳ", 'j'),
    ("Ј", 'J'),
    ("κк", 'k'),
    ("КΚ", 'K'),
    ("ӏ", 'l'),
    ("МΜ", 'M'),
    ("ո", 'n'),
    ("Ν", 'N'),
    ("оοօ", 'o'),
    ("ОΟՕ", 'O'),
    ("рρ", 'p'),
    ("РΡ", 'P'),
    ("ԛզ", 'q'),
    ("ѕ", 's'),
    ("Ѕ", 'S'),
    ("ТΤ", 'T'),
    ("υսս", 'u'),
    ("ν", 'v'),
    ("ѡԝ", 'w'),
    ("хχ", 'x'),
    ("ХΧ", 'X'),
    ("уγ", 'y'),
    ("УΥ", 'Y'),
    ("Ζ", 'Z'),
];

/// The Latin letter that a character looks like, or itself.
pub(crate) fn latin(character: char) -> char {
    if character.is_ascii() {
        return character;
    }
    let found = ALIKE.iter().find(|(alike, _)| alike.contains(character));
    found.map_or(character, |(_, letter)| *letter)
}
