use matter_attestation::{Certificate, DateTime, DeclarationSigners, PublicKey};

/// What a desk demands beside what is the same for all.
///
/// # Examples
///
/// ```
/// use matter_issuance::Policy;
///
/// let policy = Policy::new("station 1.0").with_two_operators();
/// # let _ = policy;
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) tool: String,
    pub(crate) paa: Option<Certificate>,
    pub(crate) not_after: Option<DateTime>,
    pub(crate) signers: DeclarationSigners,
    pub(crate) two_operators: bool,
    pub(crate) trusted: Vec<PublicKey>,
}

impl Policy {
    /// Demands a Certification Declaration that the CSA has signed for products; `tool`, with its version, goes into the
    /// log.
    #[must_use]
    pub fn new(tool: &str) -> Self {
        Self {
            tool: tool.to_owned(),
            paa: None,
            not_after: None,
            signers: DeclarationSigners::new(),
            two_operators: false,
            trusted: Vec::new(),
        }
    }

    /// Sets the PAA above the PAI, with which the chain is verified to its end.
    #[must_use]
    pub fn with_paa(mut self, paa: Certificate) -> Self {
        self.paa = Some(paa);
        self
    }

    /// Lets the certificates end at a time, if the PAI does not end before it. Without it they end with the PAI.
    #[must_use]
    pub const fn with_not_after(mut self, not_after: DateTime) -> Self {
        self.not_after = Some(not_after);
        self
    }

    /// Accepts declarations for tests: signed with the published test key, or of certification type 0.
    #[must_use]
    pub fn with_test_declarations(mut self) -> Self {
        self.signers = self.signers.with_test_key(true);
        self
    }

    /// Sets whose declarations are accepted, and with the test key those for tests.
    #[must_use]
    pub fn with_declaration_signers(mut self, signers: DeclarationSigners) -> Self {
        self.signers = signers;
        self
    }

    /// Issues for no order that one operator alone has opened.
    #[must_use]
    pub const fn with_two_operators(mut self) -> Self {
        self.two_operators = true;
        self
    }

    /// Adds a key with which another station or service signs the log of the same ledger.
    #[must_use]
    pub fn with_trusted_log_key(mut self, key: PublicKey) -> Self {
        self.trusted.push(key);
        self
    }
}
