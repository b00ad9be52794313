use core::iter::FusedIterator;

use matter_types::{ProductId, VendorId};

use crate::element::{Container, Element, Elements, SEPARATOR, Value};
use crate::layout::{
    DIGEST, DIGEST_TYPE, MAX_APPLICABLE_VERSION, MIN_APPLICABLE_VERSION, PAYLOAD_SIZE, PRODUCT_ID, RELEASE_NOTES_URL,
    SOFTWARE_VERSION, SOFTWARE_VERSION_STRING, VENDOR_ID,
};
use crate::{
    ApplicableVersions, Digest, DigestType, Error, OtaHeader, Payload, ReleaseNotesUrl, SoftwareVersion,
    SoftwareVersionString,
};

/// The content of a header structure as parsed by the SDK, unchecked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawHeader<'a> {
    /// The vendor; 0 for more than one.
    pub vendor_id: u16,
    /// The product; 0 for more than one.
    pub product_id: u16,
    /// The version.
    pub software_version: u32,
    /// The version string, up to the first U+001F; may not be UTF-8.
    pub software_version_string: &'a [u8],
    /// Size of the payload in bytes.
    pub payload_size: u64,
    /// The smallest applicable version.
    pub min_applicable_version: Option<u32>,
    /// The largest applicable version.
    pub max_applicable_version: Option<u32>,
    /// The URL of the release notes, up to the first U+001F; may not be ASCII.
    pub release_notes_url: Option<&'a [u8]>,
    /// The number of the digest algorithm, which may be unknown.
    pub digest_type: u8,
    /// The digest, of any length.
    pub digest: &'a [u8],
    spelling: Spelling,
}

/// Deviations of the encoding itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Spelling {
    version_string_is_cut: bool,
    url_is_cut: bool,
    digest_is_text: bool,
    /// The offset of the first tag that is not encoded as a context tag.
    unusual_tag: Option<usize>,
    /// The offset of the first element after the last known one.
    unknown_element: Option<usize>,
    /// The offset of the first byte after the structure.
    after: Option<usize>,
}

struct Parser<'a> {
    elements: Elements<'a>,
    current: Element<'a>,
    spelling: Spelling,
}

impl<'a> RawHeader<'a> {
    /// Reads the structure like the SDK's `OTAImageHeaderParser`, and accepts exactly the same input.
    ///
    /// # Errors
    ///
    /// The errors for which [`Error::sdk_code`] returns a code.
    pub fn decode(structure: &'a [u8]) -> Result<Self, Error> {
        let mut parser = Parser::start(structure)?;
        let vendor_id = parser.step(VENDOR_ID)?.unsigned(VENDOR_ID, 16)?;
        let product_id = parser.step(PRODUCT_ID)?.unsigned(PRODUCT_ID, 16)?;
        let software_version = parser.step(SOFTWARE_VERSION)?.unsigned(SOFTWARE_VERSION, 32)?;
        let (text, is_cut) = parser.step(SOFTWARE_VERSION_STRING)?.text(SOFTWARE_VERSION_STRING)?;
        if text.len() > SoftwareVersionString::MAX_LEN {
            return Err(Error::VersionStringTooLong { len: text.len() });
        }
        parser.spelling.version_string_is_cut = is_cut;
        let payload_size = parser.step(PAYLOAD_SIZE)?.unsigned(PAYLOAD_SIZE, 64)?;
        parser.next()?;
        let min = parser.optional(MIN_APPLICABLE_VERSION, |parser| {
            parser.unsigned(MIN_APPLICABLE_VERSION, 32)
        })?;
        let max = parser.optional(MAX_APPLICABLE_VERSION, |parser| {
            parser.unsigned(MAX_APPLICABLE_VERSION, 32)
        })?;
        let release_notes_url = parser.optional(RELEASE_NOTES_URL, |parser| {
            let (url, is_cut) = parser.text(RELEASE_NOTES_URL)?;
            parser.spelling.url_is_cut = is_cut;
            if url.len() > ReleaseNotesUrl::MAX_LEN {
                return Err(Error::UrlTooLong { len: url.len() });
            }
            Ok(url)
        })?;
        parser.expect(DIGEST_TYPE)?;
        let digest_type = parser.unsigned(DIGEST_TYPE, 8)?;
        let (digest, digest_is_text) = parser.step(DIGEST)?.string(DIGEST)?;
        parser.spelling.digest_is_text = digest_is_text;
        let spelling = parser.finish(structure.len())?;
        Ok(Self {
            vendor_id: narrow(vendor_id),
            product_id: narrow(product_id),
            software_version: narrow(software_version),
            software_version_string: text,
            payload_size,
            min_applicable_version: min.map(narrow),
            max_applicable_version: max.map(narrow),
            release_notes_url,
            digest_type: narrow(digest_type),
            digest,
            spelling,
        })
    }

    /// Returns the violated rules that the SDK's parser does not enforce, each once.
    pub fn deviations(&self) -> impl FusedIterator<Item = Error> + use<> {
        let Spelling {
            version_string_is_cut,
            url_is_cut,
            digest_is_text,
            unusual_tag,
            unknown_element,
            after,
        } = self.spelling;
        let version = SoftwareVersion::new(self.software_version);
        let range = self.applicable();
        let wrong = [
            self.vendor().err(),
            self.product().err(),
            self.version_string().err(),
            version_string_is_cut.then_some(Error::VersionStringSeparator),
            range.err(),
            range.unwrap_or_default().check_below(version).err(),
            self.url().err(),
            url_is_cut.then_some(Error::UrlSeparator),
            self.digest().err(),
            digest_is_text.then_some(Error::DigestIsText),
            unusual_tag.map(|offset| Error::TagForm { offset }),
            unknown_element.map(|offset| Error::UnknownElement { offset }),
            after.map(|offset| Error::BehindStructure { offset }),
        ];
        wrong.into_iter().flatten().fuse()
    }

    /// Returns the validated header.
    ///
    /// # Errors
    ///
    /// The first of [`RawHeader::deviations`], except IDs of 0, which are valid if intended.
    pub fn to_header(&self) -> Result<OtaHeader<'a>, Error> {
        let asked_for = |error: &Error| matches!(error, Error::VendorIdZero | Error::ProductIdZero);
        if let Some(error) = self.deviations().find(|error| !asked_for(error)) {
            return Err(error);
        }
        let payload = Payload {
            size: self.payload_size,
            digest: self.digest()?,
        };
        let version = SoftwareVersion::new(self.software_version);
        let header = OtaHeader::unnamed(version, self.version_string()?, payload)?;
        let header = header
            .with_vendor_id(self.vendor().ok())
            .with_product_id(self.product().ok())
            .with_applicable_versions(self.applicable()?)?;
        Ok(match self.url()? {
            Some(url) => header.with_release_notes_url(url),
            None => header,
        })
    }

    fn vendor(&self) -> Result<VendorId, Error> {
        match self.vendor_id {
            0 => Err(Error::VendorIdZero),
            value => VendorId::new(value).map_err(|_| Error::VendorIdReserved { value }),
        }
    }

    fn product(&self) -> Result<ProductId, Error> {
        ProductId::new(self.product_id).map_err(|_| Error::ProductIdZero)
    }

    fn version_string(&self) -> Result<SoftwareVersionString<'a>, Error> {
        let text = core::str::from_utf8(self.software_version_string);
        SoftwareVersionString::new(text.map_err(|_| Error::VersionStringNotUtf8)?)
    }

    fn applicable(&self) -> Result<ApplicableVersions, Error> {
        let version = |raw: Option<u32>| raw.map(SoftwareVersion::new);
        ApplicableVersions::new(
            version(self.min_applicable_version),
            version(self.max_applicable_version),
        )
    }

    fn url(&self) -> Result<Option<ReleaseNotesUrl<'a>>, Error> {
        let Some(bytes) = self.release_notes_url else {
            return Ok(None);
        };
        let text = core::str::from_utf8(bytes).map_err(|error| Error::UrlCharacter {
            position: error.valid_up_to(),
        })?;
        ReleaseNotesUrl::new(text).map(Some)
    }

    /// Returns the digest.
    ///
    /// # Errors
    ///
    /// [`Error::DigestType`], [`Error::DigestLength`].
    pub fn digest(&self) -> Result<Digest, Error> {
        Digest::new(DigestType::new(self.digest_type)?, self.digest)
    }
}

/// Always fits: [`Parser::unsigned`] has checked the width.
fn narrow<T: TryFrom<u64> + Default>(number: u64) -> T {
    T::try_from(number).unwrap_or_default()
}

impl<'a> Parser<'a> {
    fn start(structure: &'a [u8]) -> Result<Self, Error> {
        let mut elements = Elements::new(structure);
        let first = elements.next()?;
        if !first.tag.is_anonymous() {
            return Err(Error::NotAStructure { found_tag: true });
        }
        if first.value != Value::Container(Container::Structure) {
            return Err(Error::NotAStructure { found_tag: false });
        }
        elements.enter(Container::Structure);
        let mut parser = Self {
            elements,
            current: first,
            spelling: Spelling::default(),
        };
        parser.note_form();
        Ok(parser)
    }

    fn note_form(&mut self) {
        if !self.current.is_usual_form && self.spelling.unusual_tag.is_none() {
            self.spelling.unusual_tag = Some(self.current.offset);
        }
    }

    fn next(&mut self) -> Result<(), Error> {
        self.current = self.elements.next()?;
        self.note_form();
        Ok(())
    }

    fn expect(&self, tag: u8) -> Result<(), Error> {
        if self.current.tag.is_context(tag) {
            return Ok(());
        }
        Err(Error::UnexpectedElement {
            offset: self.current.offset,
            expected: tag,
        })
    }

    /// Advances to a required element.
    fn step(&mut self, tag: u8) -> Result<&Self, Error> {
        self.next()?;
        self.expect(tag)?;
        Ok(self)
    }

    /// Reads an optional element and advances past it.
    fn optional<T>(&mut self, tag: u8, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<Option<T>, Error> {
        if !self.current.tag.is_context(tag) {
            return Ok(None);
        }
        let value = read(self)?;
        self.next()?;
        Ok(Some(value))
    }

    const fn wrong_type(&self, tag: u8) -> Error {
        Error::WrongType {
            offset: self.current.offset,
            tag,
        }
    }

    fn unsigned(&self, tag: u8, bits: u8) -> Result<u64, Error> {
        let Value::Unsigned(value) = self.current.value else {
            return Err(self.wrong_type(tag));
        };
        if u64::MAX
            .checked_shr(64u32.saturating_sub(bits.into()))
            .is_some_and(|max| value > max)
        {
            return Err(Error::NumberTooWide { tag, bits, value });
        }
        Ok(value)
    }

    /// Returns a character string up to the separator, and whether there is a separator.
    fn text(&self, tag: u8) -> Result<(&'a [u8], bool), Error> {
        let Value::Utf8(bytes) = self.current.value else {
            return Err(self.wrong_type(tag));
        };
        match bytes.iter().position(|byte| *byte == SEPARATOR) {
            Some(end) => Ok((bytes.get(..end).unwrap_or_default(), true)),
            None => Ok((bytes, false)),
        }
    }

    /// Returns a string of either kind, and whether it is a character string.
    fn string(&self, tag: u8) -> Result<(&'a [u8], bool), Error> {
        match self.current.value {
            Value::Bytes(bytes) => Ok((bytes, false)),
            Value::Utf8(bytes) => Ok((bytes, true)),
            _ => Err(self.wrong_type(tag)),
        }
    }

    fn finish(mut self, len: usize) -> Result<Spelling, Error> {
        let known = self.elements.offset();
        let (skipped, end) = self.elements.skip_to_end()?;
        if skipped > 0 {
            self.spelling.unknown_element = Some(known);
        }
        self.current = end;
        self.note_form();
        let end = self.elements.offset();
        if end < len {
            self.spelling.after = Some(end);
        }
        Ok(self.spelling)
    }
}
