//! Any bytes: reading never panics, splitting into pieces makes no difference, both readers agree, and a file without
//! deviations is read back from its own encoding.

use matter_ota_image::OtaHeader;

use crate::{judged, naive};

pub(crate) fn property(file: &[u8]) {
    let answer = judged::sdk(file);
    assert_eq!(answer, naive::judge(file));
    let Ok((reader, at)) = judged::read(file, file.len().max(1)) else {
        return assert!(answer.is_err());
    };
    let header = reader.header().unwrap();
    assert_eq!(Ok(judged::fields(&header)), answer);
    assert_eq!(at, 16 + usize::try_from(reader.fixed().unwrap().header_size).unwrap());
    let wrong: Vec<_> = header.deviations().collect();
    assert!(
        wrong
            .iter()
            .all(|error| error.sdk_code().is_none() || error.id().starts_with("version-string"))
    );
    if let Ok(typed) = header.to_header() {
        let mut buffer = [0; OtaHeader::MAX_ENCODED_LEN];
        let encoded = typed.encode(&mut buffer).unwrap();
        assert!(encoded.len() <= at, "an encoding is the shortest one");
        assert_eq!(judged::sdk(encoded), answer);
        assert_eq!(Ok(judged::typed(&typed)), answer);
    }
    let _ = judged::strict(file);
}
