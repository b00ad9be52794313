use matter_attestation::{Certificate, DateTime, DeclarationSigners, PublicKey};

/// The configurable rules of a desk.
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
    /// Requires a Certification Declaration signed by the CSA for production; `tool`, with its version, is recorded in
    /// the log.
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

    /// Sets the PAA above the PAI, up to which the chain is verified.
    #[must_use]
    pub fn with_paa(mut self, paa: Certificate) -> Self {
        self.paa = Some(paa);
        self
    }

    /// Sets the end of the certificates' validity, unless the PAI ends earlier. By default they end with the PAI.
    #[must_use]
    pub const fn with_not_after(mut self, not_after: DateTime) -> Self {
        self.not_after = Some(not_after);
        self
    }

    /// Accepts test declarations: signed with the published test key, or of certification type 0.
    #[must_use]
    pub fn with_test_declarations(mut self) -> Self {
        self.signers = self.signers.with_test_key(true);
        self
    }

    /// Sets the accepted signers of declarations; test declarations are accepted if the test key is among them.
    #[must_use]
    pub fn with_declaration_signers(mut self, signers: DeclarationSigners) -> Self {
        self.signers = signers;
        self
    }

    /// Issues only for orders that a second operator has approved.
    #[must_use]
    pub const fn with_two_operators(mut self) -> Self {
        self.two_operators = true;
        self
    }

    /// Adds a key that another station or service uses to sign the log of the same ledger.
    #[must_use]
    pub fn with_trusted_log_key(mut self, key: PublicKey) -> Self {
        self.trusted.push(key);
        self
    }
}
