//! Text of a file that somebody chose: what encoding it is in, or why it is no text.
//!
//! Spreadsheets export in the encoding of their country and version. A file that was decoded wrongly looks fine here and is garbled at
//! the server, so whatever is not certain is refused.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    pub text: String,
    pub encoding: Encoding,
}

pub type ReadFile = Result<TextFile, TextFileError>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16,
    /// What Korean Windows calls its own: EUC-KR with more syllables.
    Cp949,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextFileError {
    #[error("it is a workbook or an archive and no text: save it as CSV in UTF-8")]
    Archive,
    #[error("it is cut or no UTF-16, which its first bytes say that it is: save it anew, as UTF-8")]
    BrokenUtf16,
    #[error("it is neither UTF-8 nor UTF-16 nor CP949 (byte {byte:#04x} at {at} fits none of them): save it as UTF-8")]
    Unknown { byte: u8, at: usize },
    #[error("line {0} holds the character 0, which no text has: save it as UTF-8")]
    Binary(usize),
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16 => "UTF-16",
            Self::Cp949 => "CP949",
        })
    }
}

impl TextFile {
    pub fn utf8(text: impl Into<String>) -> Self {
        Self { text: text.into(), encoding: Encoding::Utf8 }
    }

    /// `cp949` decodes that encoding, as every browser can: nothing for bytes that are none.
    ///
    /// # Errors
    /// The bytes are no text, or text in an encoding that is not known.
    pub fn read(bytes: &[u8], cp949: impl FnOnce(&[u8]) -> Option<String>) -> ReadFile {
        if ARCHIVES.iter().any(|start| bytes.starts_with(start)) {
            return Err(TextFileError::Archive);
        }
        let (text, encoding) = match utf16(bytes) {
            Some(units) => (
                units.and_then(|units| String::from_utf16(&units).ok()).ok_or(TextFileError::BrokenUtf16)?,
                Encoding::Utf16,
            ),
            None => match std::str::from_utf8(bytes) {
                Ok(text) => (text.to_owned(), Encoding::Utf8),
                Err(error) => {
                    let at = error.valid_up_to();
                    let text = cp949(bytes).filter(|text| text.chars().all(is_korean));
                    (text.ok_or(TextFileError::Unknown { byte: bytes[at], at })?, Encoding::Cp949)
                }
            },
        };
        match text.find('\0') {
            Some(at) => Err(TextFileError::Binary(text[..at].matches('\n').count() + 1)),
            None => Ok(Self { text: text.trim_start_matches('\u{feff}').to_owned(), encoding }),
        }
    }
}

/// The units of UTF-16, if the bytes say that they are: by the mark at their beginning, or because every other one of the first is 0, as
/// where Latin letters are written so. Nothing inside: half a unit is left.
fn utf16(bytes: &[u8]) -> Option<Option<Vec<u16>>> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        [a, 0, b, 0, ..] if *a > 0 && *b > 0 => u16::from_le_bytes,
        [0, a, 0, b, ..] if *a > 0 && *b > 0 => u16::from_be_bytes,
        _ => return None,
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    Some(rest.is_empty().then(|| pairs.iter().copied().map(unit).collect()))
}

/// What stands in Korean text: bytes of another country's encoding that happen to be read as well give other signs among them.
const fn is_korean(c: char) -> bool {
    matches!(c, '\0'..='\x7f' | '\u{a1}'..='\u{bf}' | '\u{d7}' | '\u{2000}'..='\u{27ff}' | '\u{3000}'..='\u{303f}' | '\u{3131}'..='\u{318e}' | '\u{3200}'..='\u{33ff}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ffe6}')
}

/// The first bytes of .xlsx and .ods, of .xls, of gzip.
const ARCHIVES: [&[u8]; 3] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b"];

#[cfg(test)]
mod tests {
    use super::*;

    /// The browser's decoder, as far as these tests need it.
    fn cp949(bytes: &[u8]) -> Option<String> {
        match bytes {
            b"name\n\xb1\xe8\xc3\xb6\xbc\xf6" => Some("name\n김철수".to_owned()),
            b"name\n\x8c\x63" => Some("name\n똠".to_owned()),
            b"name\n\xa7\xc0\xac\xa1" => Some("name\n㎐А".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn text_is_read_in_its_own_encoding_or_refused() {
        #[track_caller]
        fn check(bytes: &[u8], expected: Result<(&str, Encoding), TextFileError>) {
            let expected = expected.map(|(text, encoding)| TextFile { text: text.to_owned(), encoding });
            assert_eq!(TextFile::read(bytes, cp949), expected, "{bytes:x?}");
        }
        check(b"", Ok(("", Encoding::Utf8)));
        check("name\n김철수".as_bytes(), Ok(("name\n김철수", Encoding::Utf8)));
        check("\u{feff}name".as_bytes(), Ok(("name", Encoding::Utf8)));
        check(b"\xff\xfen\0\x40\xae", Ok(("n김", Encoding::Utf16)));
        check(b"\xfe\xff\0n\xae\x40", Ok(("n김", Encoding::Utf16)));
        check(b"a\0,\0b\0", Ok(("a,b", Encoding::Utf16)));
        check(b"\0a\0,\0b", Ok(("a,b", Encoding::Utf16)));
        check(b"\xff\xfe=\xd8\0\xde", Ok(("😀", Encoding::Utf16)));
        check(b"\xff\xfe", Ok(("", Encoding::Utf16)));
        check(b"\xff\xfen", Err(TextFileError::BrokenUtf16));
        check(b"\xff\xfe=\xd8n\0", Err(TextFileError::BrokenUtf16));
        check(b"name\n\xb1\xe8\xc3\xb6\xbc\xf6", Ok(("name\n김철수", Encoding::Cp949)));
        check(b"name\n\x8c\x63", Ok(("name\n똠", Encoding::Cp949)));
        check(b"name\n\xa7\xc0\xac\xa1", Err(TextFileError::Unknown { byte: 0xa7, at: 5 }));
        check(b"name\nM\xfcller", Err(TextFileError::Unknown { byte: 0xfc, at: 6 }));
        check(b"\xff\xfe\0\0n\0\0\0", Err(TextFileError::Binary(1)));
        check(b"name\0", Err(TextFileError::Binary(1)));
        check(b"PK\x03\x04rest", Err(TextFileError::Archive));
        check(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Err(TextFileError::Archive));
    }
}
