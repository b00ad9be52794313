use p256::elliptic_curve::point::AffineCoordinates;
use p256::{AffinePoint, FieldBytes};
use subtle::{ConstantTimeEq, CtOption};

/// Bytes of a point without compression.
pub(crate) const POINT_SIZE: usize = 65;
/// What an uncompressed point starts with (SEC 1 section 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// Encodes a point without compression. The identity has no such encoding, and comes out as a point that is none.
///
/// Not the encoding of `p256`, whose length and so its branches depend on the point.
pub(crate) fn encode_point(point: &AffinePoint) -> [u8; POINT_SIZE] {
    let mut bytes = [0; POINT_SIZE];
    let coordinates = [UNCOMPRESSED].into_iter().chain(point.x()).chain(point.y());
    bytes.iter_mut().zip(coordinates).for_each(|(to, byte)| *to = byte);
    bytes
}

/// Decodes a point of the curve without compression, and without a branch. The identity is none.
pub(crate) fn decode_point(bytes: &[u8; POINT_SIZE]) -> CtOption<AffinePoint> {
    let (tag, coordinates) = bytes.split_at(1);
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    let [x, y] = [x, y].map(|bytes| FieldBytes::try_from(bytes).unwrap_or_default());
    let point = AffinePoint::from_coordinates(&x, &y);
    let tag_is_right = tag.ct_eq(&[UNCOMPRESSED]);
    point.and_then(|point| CtOption::new(point, tag_is_right))
}
