use std::fmt;

use matter_attestation::{CsrFault, SerialNumber};
use matter_types::{ProductId, VendorId};

use crate::session::SessionFault;
use crate::{DeviceId, State};

/// Why a device gets no DAC: the request's fault, or the order's.
///
/// [`Refusal::code`] is stable; `Display` is a sentence for the operator, with what to do. Nothing secret is in either.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The certificate would have more than 600 bytes.
    CertificateTooLong {
        /// How many it would have.
        len: usize,
    },
    /// The PKCS#10 request is malformed, or its signature is wrong.
    Csr(CsrFault),
    /// The PKCS#10 request has more than 1024 bytes.
    CsrTooLong {
        /// How many it has.
        len: usize,
    },
    /// The Certification Declaration does not fit the order's product.
    Declaration {
        /// What is wrong.
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
    /// The key is another device's.
    KeyKnown,
    /// The private half of the key is published.
    KeyPublished,
    /// The key was replaced by another one of its device, or its certificate was refused.
    KeyRetired,
    /// No DAC was asked for with this key.
    KeyUnknown,
    /// Who asks may not have it; the service's own decision, with its own stable code.
    NotAuthorised {
        /// The code, for example `serial-not-sold`.
        code: &'static str,
        /// The sentence.
        text: &'static str,
    },
    /// The name of an operator is not 1 to 64 characters without control characters.
    OperatorMalformed,
    /// The order is closed.
    OrderClosed {
        /// The order.
        order: String,
    },
    /// The order has as many devices as it is for.
    OrderFull {
        /// The order.
        order: String,
        /// How many devices it is for.
        size: u32,
    },
    /// The order has no vendor and product id: it is one of runs alone.
    OrderIncomplete {
        /// The order.
        order: String,
    },
    /// There is an order of this name.
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
    /// The order does not wait for approval.
    OrderNotProposed {
        /// The order.
        order: String,
    },
    /// There is no such order.
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
        /// What is wrong.
        text: String,
    },
    /// A reason is empty, longer than 200 characters, or has control characters.
    ReasonMalformed,
    /// Who opened an order cannot approve it.
    SameOperator {
        /// The operator.
        operator: String,
    },
    /// Another certificate has the serial number.
    SerialKnown {
        /// The serial number.
        serial: SerialNumber,
    },
    /// What a device did wrong in its session.
    Session(SessionFault),
    /// The key is not in the state that the step starts from.
    WrongState {
        /// The state that it is in.
        state: State,
        /// The state that it should go to.
        wanted: State,
    },
}

impl Refusal {
    /// Returns the code, which stays the same from version to version.
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
        CsrFault::Version => "csr-version",
        _ => "csr-form",
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CertificateTooLong { len } => write!(
                f,
                "the certificate would have {len} bytes, not at most 600; give the device a shorter serial number"
            ),
            Self::Csr(fault) => write!(
                f,
                "the certificate signing request is refused: {fault}; let the device make a new one"
            ),
            Self::CsrTooLong { len } => write!(
                f,
                "the certificate signing request has {len} bytes, not at most 1024; leave out attributes and a long subject"
            ),
            Self::Declaration { text } => write!(
                f,
                "the Certification Declaration does not fit the order: {text}; give the declaration of the order's product"
            ),
            Self::DeviceIdMalformed => f.write_str(
                "the device's name is not 1 to 64 printable ASCII characters without spaces, Mvid: and Mpid:; give its MAC address or serial number",
            ),
            Self::DeviceKnown { device } => write!(
                f,
                "device {device} has a certificate for another key; an operator can allow a new key and give the reason"
            ),
            Self::DeviceOfOtherOrder { order } => {
                write!(f, "the device belongs to order {order}; continue it there")
            }
            Self::KeyHashMalformed => f.write_str("the key hash is not 64 lower-case hexadecimal digits"),
            Self::KeyKnown => {
                f.write_str("the key belongs to another device; let the device make a key of its own and set the other one aside")
            }
            Self::KeyPublished => {
                f.write_str("the private half of the key is published; let the device make a key of its own")
            }
            Self::KeyRetired => f.write_str("the key is out of use; let the device make a new one"),
            Self::KeyUnknown => f.write_str("no certificate was asked for with this key; send the request first"),
            Self::NotAuthorised { text, .. } => f.write_str(text),
            Self::Session(fault) => fault.fmt(f),
            Self::OperatorMalformed => {
                f.write_str("the operator's name is not 1 to 64 characters without control characters; say who decides")
            }
            Self::OrderClosed { order } => write!(f, "order {order} is closed; open another one"),
            Self::OrderFull { order, size } => write!(
                f,
                "order {order} is for {size} devices, and all of them have certificates; open another order"
            ),
            Self::OrderIncomplete { order } => write!(
                f,
                "order {order} has no vendor and product id; open one with both, as dac-pki order open does"
            ),
            Self::OrderKnown { order } => write!(f, "there is an order {order} already; choose another name"),
            Self::OrderMalformed => f.write_str(
                "the order's name is not 1 to 64 characters without control characters, or its size is 0; give both",
            ),
            Self::OrderNotApproved { order } => {
                write!(f, "order {order} is not approved; let a second operator approve it")
            }
            Self::OrderNotProposed { order } => {
                write!(f, "order {order} does not wait for approval; look at it with dac-pki order show")
            }
            Self::OrderUnknown { order } => write!(f, "there is no order {order}; open it first"),
            Self::OtherPai { device } => write!(
                f,
                "device {device} has a certificate from another PAI; continue it with that one, or allow it a new key"
            ),
            Self::Pai {
                vendor_id,
                product_id,
                text,
            } => write!(
                f,
                "the PAI cannot issue for vendor {vendor_id} and product {product_id}: {text}; take the order's PAI"
            ),
            Self::ReasonMalformed => {
                f.write_str("the reason is not 1 to 200 characters without control characters; say why the device has a new key")
            }
            Self::SameOperator { operator } => write!(
                f,
                "{operator} opened the order and cannot approve it; let another operator do it"
            ),
            Self::SerialKnown { serial } => write!(
                f,
                "another certificate in the ledger has the serial number {serial}; issue it again with a new one"
            ),
            Self::WrongState { state, wanted } => write!(
                f,
                "the key is {state} and cannot become {wanted}; do the steps in their order"
            ),
        }
    }
}

impl std::error::Error for Refusal {}
