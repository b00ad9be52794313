use p256::elliptic_curve::point::AffineCoordinates;
use p256::{AffinePoint, FieldBytes};
use subtle::{ConstantTimeEq, CtOption};

/// Length of an uncompressed point in bytes.
pub(crate) const POINT_SIZE: usize = 65;
/// First byte of an uncompressed point (SEC 1 section 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// Encodes a point without compression. The identity has no such encoding and gives an invalid point.
///
/// Unlike the encoding of `p256`, its length and branches do not depend on the point.
pub(crate) fn encode_point(point: &AffinePoint) -> [u8; POINT_SIZE] {
    let mut bytes = [0; POINT_SIZE];
    let coordinates = [UNCOMPRESSED].into_iter().chain(point.x()).chain(point.y());
    bytes.iter_mut().zip(coordinates).for_each(|(to, byte)| *to = byte);
    bytes
}

/// Decodes an uncompressed point of the curve without branches. The identity is refused.
pub(crate) fn decode_point(bytes: &[u8; POINT_SIZE]) -> CtOption<AffinePoint> {
    let (tag, coordinates) = bytes.split_at(1);
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    let [x, y] = [x, y].map(|bytes| FieldBytes::try_from(bytes).unwrap_or_default());
    let point = AffinePoint::from_coordinates(&x, &y);
    let tag_is_right = tag.ct_eq(&[UNCOMPRESSED]);
    point.and_then(|point| CtOption::new(point, tag_is_right))
}
