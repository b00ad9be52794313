use std::fmt;

use matter_attestation::{CsrFault, SerialNumber};
use matter_types::{ProductId, VendorId};

use crate::session::SessionFault;
use crate::{DeviceId, State};

/// The reason why a device gets no DAC: a fault of the request, or of the order.
///
/// [`Refusal::code`] is stable; `Display` is a sentence for the operator, with the remedy. Neither contains a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The certificate would have more than 600 bytes.
    CertificateTooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// The PKCS#10 request is malformed, or its signature is wrong.
    Csr(CsrFault),
    /// The PKCS#10 request has more than 1024 bytes.
    CsrTooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// The Certification Declaration does not match the order's product.
    Declaration {
        /// The fault.
        text: String,
    },
    /// The device's name is not 1 to 64 printable ASCII characters.
    DeviceIdMalformed,
    /// The device has a DAC for another key.
    DeviceKnown {
        /// The device.
        device: DeviceId,
    },
    /// The device has a DAC from another order.
    DeviceOfOtherOrder {
        /// The other order.
        order: String,
    },
    /// A text is not a key hash.
    KeyHashMalformed,
    /// The key belongs to another device.
    KeyKnown,
    /// The private half of the key is published.
    KeyPublished,
    /// The key was replaced by another key of its device, or its certificate was refused.
    KeyRetired,
    /// No DAC was requested for this key.
    KeyUnknown,
    /// The requester is not authorised: a decision of the service, with its own stable code.
    NotAuthorised {
        /// The code, for example `serial-not-sold`.
        code: &'static str,
        /// The sentence for the operator.
        text: &'static str,
    },
    /// The name of an operator is not 1 to 64 characters without control characters.
    OperatorMalformed,
    /// The order is closed.
    OrderClosed {
        /// The order.
        order: String,
    },
    /// The order is full.
    OrderFull {
        /// The order.
        order: String,
        /// The number of devices of the order.
        size: u32,
    },
    /// The order has no vendor and product id, because only runs use it.
    OrderIncomplete {
        /// The order.
        order: String,
    },
    /// An order with this name exists.
    OrderKnown {
        /// The order.
        order: String,
    },
    /// The name of an order is not 1 to 64 characters without control characters, or its size is 0.
    OrderMalformed,
    /// The order is not approved, or not by a second operator.
    OrderNotApproved {
        /// The order.
        order: String,
    },
    /// The order is not waiting for approval.
    OrderNotProposed {
        /// The order.
        order: String,
    },
    /// The order does not exist.
    OrderUnknown {
        /// The order.
        order: String,
    },
    /// The device has a DAC from another PAI.
    OtherPai {
        /// The device.
        device: String,
    },
    /// The PAI is for another vendor or product than the order.
    Pai {
        /// The order's vendor.
        vendor_id: VendorId,
        /// The order's product.
        product_id: ProductId,
        /// The fault.
        text: String,
    },
    /// A reason is empty, longer than 200 characters, or contains control characters.
    ReasonMalformed,
    /// The operator who opened an order cannot approve it.
    SameOperator {
        /// The operator.
        operator: String,
    },
    /// Another certificate has this serial number.
    SerialKnown {
        /// The serial number.
        serial: SerialNumber,
    },
    /// A device's fault in its session.
    Session(SessionFault),
    /// The key is not in the state that precedes the step.
    WrongState {
        /// The current state.
        state: State,
        /// The requested state.
        wanted: State,
    },
}

impl Refusal {
    /// Returns the code, which never changes between versions.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CertificateTooLong { .. } => "certificate-too-long",
            Self::Csr(fault) => csr_code(*fault),
            Self::CsrTooLong { .. } => "csr-too-long",
            Self::Declaration { .. } => "declaration",
            Self::DeviceIdMalformed => "device-id",
            Self::DeviceKnown { .. } => "device-known",
            Self::DeviceOfOtherOrder { .. } => "device-of-other-order",
            Self::KeyHashMalformed => "key-hash",
            Self::KeyKnown => "key-known",
            Self::KeyPublished => "key-published",
            Self::KeyRetired => "key-retired",
            Self::KeyUnknown => "key-unknown",
            Self::NotAuthorised { code, .. } => code,
            Self::OperatorMalformed => "operator",
            Self::OrderClosed { .. } => "order-closed",
            Self::OrderFull { .. } => "order-full",
            Self::OrderIncomplete { .. } => "order-incomplete",
            Self::OrderKnown { .. } => "order-known",
            Self::OrderMalformed => "order",
            Self::OrderNotApproved { .. } => "order-not-approved",
            Self::OrderNotProposed { .. } => "order-not-proposed",
            Self::OrderUnknown { .. } => "order-unknown",
            Self::OtherPai { .. } => "other-pai",
            Self::Pai { .. } => "pai",
            Self::ReasonMalformed => "reason",
            Self::SameOperator { .. } => "same-operator",
            Self::SerialKnown { .. } => "serial-known",
            Self::Session(fault) => fault.code(),
            Self::WrongState { .. } => "wrong-state",
        }
    }
}

const fn csr_code(fault: CsrFault) -> &'static str {
    match fault {
        CsrFault::Algorithm => "csr-algorithm",
        CsrFault::Attributes => "csr-attributes",
        CsrFault::Key => "csr-key",
        CsrFault::Possession => "csr-signature",
        CsrFault::Signature => "csr-signature-form",
        CsrFault::Subject => "csr-subject",
        CsrFault::Trailing => "csr-trailing",
        CsrFault::Version { .. } => "csr-version",
        _ => "csr-form",
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CertificateTooLong { len } => write!(
                f,
                "the certificate is too long: {len} bytes; at most 600 are allowed; give the device a shorter serial number"
            ),
            Self::Csr(fault) => write!(
                f,
                "the certificate signing request is refused: {fault}; have the device send a new one"
            ),
            Self::CsrTooLong { len } => write!(
                f,
                "the certificate signing request is too long: {len} bytes; at most 1024 are allowed; omit attributes and a long subject"
            ),
            Self::Declaration { text } => write!(
                f,
                "the Certification Declaration does not match the order: {text}; use the declaration of the order's product"
            ),
            Self::DeviceIdMalformed => f.write_str(
                "the device's name must be 1 to 64 printable ASCII characters without spaces, Mvid: and Mpid:; use its MAC address or serial number",
            ),
            Self::DeviceKnown { device } => write!(
                f,
                "device {device} has a certificate for another key; an operator can allow a new key with a reason"
            ),
            Self::DeviceOfOtherOrder { order } => {
                write!(f, "the device belongs to order {order}; use that order")
            }
            Self::KeyHashMalformed => f.write_str("the key hash must be 64 lower-case hexadecimal digits"),
            Self::KeyKnown => {
                f.write_str("the key belongs to another device; set that device aside and have this one generate its own key")
            }
            Self::KeyPublished => {
                f.write_str("the private half of the key is published; have the device generate its own key")
            }
            Self::KeyRetired => f.write_str("the key is out of use; have the device generate a new one"),
            Self::KeyUnknown => f.write_str("no certificate was requested for this key; send the request first"),
            Self::NotAuthorised { text, .. } => f.write_str(text),
            Self::Session(fault) => fault.fmt(f),
            Self::OperatorMalformed => {
                f.write_str("the operator's name must be 1 to 64 characters without control characters")
            }
            Self::OrderClosed { order } => write!(f, "order {order} is closed; open a new one"),
            Self::OrderFull { order, size } => write!(
                f,
                "order {order} is full: all of its {size} devices have certificates; open a new order"
            ),
            Self::OrderIncomplete { order } => write!(
                f,
                "order {order} has no vendor and product id; open one with both with dac-pki order open"
            ),
            Self::OrderKnown { order } => write!(f, "order {order} already exists; choose another name"),
            Self::OrderMalformed => f.write_str(
                "the order's name must be 1 to 64 characters without control characters, and its size at least 1",
            ),
            Self::OrderNotApproved { order } => {
                write!(f, "order {order} is not approved; a second operator must approve it")
            }
            Self::OrderNotProposed { order } => {
                write!(f, "order {order} is not waiting for approval; see dac-pki order show")
            }
            Self::OrderUnknown { order } => write!(f, "there is no order {order}; open it first"),
            Self::OtherPai { device } => write!(
                f,
                "device {device} has a certificate from another PAI; use that PAI, or allow a new key"
            ),
            Self::Pai {
                vendor_id,
                product_id,
                text,
            } => write!(
                f,
                "the PAI cannot issue for vendor {vendor_id} and product {product_id}: {text}; use the order's PAI"
            ),
            Self::ReasonMalformed => {
                f.write_str("the reason for a new key must be 1 to 200 characters without control characters")
            }
            Self::SameOperator { operator } => write!(
                f,
                "operator {operator} opened the order and cannot approve it; another operator must"
            ),
            Self::SerialKnown { serial } => write!(
                f,
                "another certificate in the ledger has serial number {serial}; issue it again with a new one"
            ),
            Self::WrongState { state, wanted } => write!(
                f,
                "the key is {state} and cannot become {wanted}; follow the order of the steps"
            ),
        }
    }
}

impl std::error::Error for Refusal {}
