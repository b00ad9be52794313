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

/// What the SDK's parser finds in the structure of a header, unchecked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawHeader<'a> {
    /// The vendor; 0 for more than one.
    pub vendor_id: u16,
    /// The product; 0 for more than one.
    pub product_id: u16,
    /// The version.
    pub software_version: u32,
    /// The text of the version, up to the first U+001F; need not be UTF-8.
    pub software_version_string: &'a [u8],
    /// Bytes of the payload.
    pub payload_size: u64,
    /// The smallest version that the image may be applied to.
    pub min_applicable_version: Option<u32>,
    /// The largest version that the image may be applied to.
    pub max_applicable_version: Option<u32>,
    /// Where the release notes are, up to the first U+001F; need not be ASCII.
    pub release_notes_url: Option<&'a [u8]>,
    /// The number of the digest algorithm, which need not be known.
    pub digest_type: u8,
    /// The digest, of any length.
    pub digest: &'a [u8],
    spelling: Spelling,
}

/// What the encoding has beside the values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Spelling {
    version_string_is_cut: bool,
    url_is_cut: bool,
    digest_is_text: bool,
    /// The first tag in another form than that of a context tag.
    unusual_tag: Option<usize>,
    /// Where elements behind the last known one start.
    unknown_element: Option<usize>,
    /// Where bytes behind the structure start.
    behind: Option<usize>,
}

struct Parser<'a> {
    elements: Elements<'a>,
    current: Element<'a>,
    spelling: Spelling,
}

impl<'a> RawHeader<'a> {
    /// Reads the structure as the SDK's `OTAImageHeaderParser` does, and accepts exactly what it accepts.
    ///
    /// # Errors
    ///
    /// Those that [`Error::sdk_code`] has a result of the SDK for.
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

    /// Returns what is not allowed although the SDK's parser accepts it: every broken rule, once.
    pub fn deviations(&self) -> impl FusedIterator<Item = Error> + use<> {
        let Spelling {
            version_string_is_cut,
            url_is_cut,
            digest_is_text,
            unusual_tag,
            unknown_element,
            behind,
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
            behind.map(|offset| Error::BehindStructure { offset }),
        ];
        wrong.into_iter().flatten().fuse()
    }

    /// Returns the checked header.
    ///
    /// # Errors
    ///
    /// The first of [`RawHeader::deviations`], but ids of 0 are allowed: they were asked for by whoever made the file.
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

/// Fits: [`Parser::unsigned`] has checked the width.
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

    /// Goes on to an element that must come next.
    fn step(&mut self, tag: u8) -> Result<&Self, Error> {
        self.next()?;
        self.expect(tag)?;
        Ok(self)
    }

    /// Reads an element that may be absent and goes on behind it.
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

    /// A character string up to the separator, and whether there is one.
    fn text(&self, tag: u8) -> Result<(&'a [u8], bool), Error> {
        let Value::Utf8(bytes) = self.current.value else {
            return Err(self.wrong_type(tag));
        };
        match bytes.iter().position(|byte| *byte == SEPARATOR) {
            Some(end) => Ok((bytes.get(..end).unwrap_or_default(), true)),
            None => Ok((bytes, false)),
        }
    }

    /// A string of either kind, and whether it is one of characters.
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
            self.spelling.behind = Some(end);
        }
        Ok(self.spelling)
    }
}
