//! `POST /v1/dacs` and the reports about a certificate.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use matter_attestation::PublicKey;
use matter_issuance::{DeviceId, Issued, KeyHash, Proof, Refusal, Request, State as Step};

use crate::api::{Bytes, DacAnswer, DacRequest, DeviceState, IdentityProof, ProofRequest, StateAnswer, VerifierSet};
use crate::app::App;
use crate::body::Sent;
use crate::clients::Client;
use crate::devices::Identity;
use crate::nonces::Nonce;
use crate::office::problem_of;
use crate::problem::Problem;
use crate::routes::About;

/// Context of the signature with the key of a device's DAC.
pub const PROOF_CONTEXT: &[u8] = b"matter-dac-service-proof-v1";

pub(crate) async fn issue(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Arc<Client>>,
    Sent(request): Sent<DacRequest>,
) -> Response {
    let about = About(request.serial.as_str().into());
    let answer = issue_to(&app, &client, request).await;
    // A serial number is logged only if the device was sold: any other may be arbitrary text.
    let is_known = app.live().devices.order_of(&about.0).is_some();
    let mut response = answer.unwrap_or_else(|problem| {
        app.metrics().refusal(problem.code());
        problem.into_response()
    });
    if is_known {
        response.extensions_mut().insert(about);
    }
    response
}

async fn issue_to(app: &App, client: &Client, request: DacRequest) -> Result<Response, Problem> {
    let device = DeviceId::new(&request.serial).map_err(|refusal| problem_of(&refusal))?;
    let identity = identity_of(&request.identity)?;
    take_nonce(app, client, &request.nonce)?;
    let accepted = check(app, &device, request, identity).await?;
    let order = accepted.order.clone();
    let issued = app.office().issue(accepted).await?;
    let status = if issued.is_new {
        app.metrics().issued.add();
        StatusCode::CREATED
    } else {
        app.metrics().repeated.add();
        StatusCode::OK
    };
    Ok((status, Json(answer(app, &device, order, issued).await?)).into_response())
}

/// Checks that a request is from a sold device.
async fn check(app: &App, device: &DeviceId, request: DacRequest, identity: Identity) -> Result<Request, Problem> {
    let live = app.live();
    let Some(order) = live.devices.order_of(device.as_str()) else {
        let refusal = Refusal::NotAuthorised {
            code: "serial-unknown",
            text: "the serial number is not in any list of sold devices",
        };
        return Err(refuse(app, device, refusal).await);
    };
    app.admit_device(device.as_str())?;
    if request.order.as_ref().is_some_and(|wanted| **wanted != **order) {
        let refusal = Refusal::NotAuthorised {
            code: "order-mismatch",
            text: "the device was sold for another order",
        };
        return Err(refuse(app, device, refusal).await);
    }
    if let Err(fault) = live
        .devices
        .verify(device, &request.serial, &request.nonce, &request.csr.0, &identity)
    {
        let refusal = Refusal::NotAuthorised {
            code: fault.code(),
            text: fault.text(),
        };
        return Err(refuse(app, device, refusal).await);
    }
    match Request::from_csr(order, device.clone(), app.station(), &request.csr.0) {
        Ok(accepted) => Ok(accepted),
        Err(refusal) => Err(refuse(app, device, refusal).await),
    }
}

fn identity_of(proof: &IdentityProof) -> Result<Identity, Problem> {
    if proof.intermediates.len() > IdentityProof::MAX_INTERMEDIATES {
        let most = IdentityProof::MAX_INTERMEDIATES;
        return Err(Problem::malformed(format!(
            "identity.intermediates has more than {most} certificates"
        )));
    }
    if proof
        .intermediates
        .iter()
        .chain([&proof.certificate])
        .any(|der| der.0.len() > IdentityProof::MAX_CERTIFICATE)
    {
        let most = IdentityProof::MAX_CERTIFICATE;
        return Err(Problem::malformed(format!(
            "a certificate in identity has more than {most} bytes"
        )));
    }
    check_signature(&proof.signature)?;
    Ok(Identity {
        certificate: proof.certificate.0.clone(),
        intermediates: proof
            .intermediates
            .iter()
            .map(|certificate| certificate.0.clone())
            .collect(),
        signature: proof.signature.0.clone(),
    })
}

fn check_signature(signature: &Bytes) -> Result<(), Problem> {
    let most = IdentityProof::MAX_SIGNATURE;
    if signature.0.len() > most {
        return Err(Problem::malformed(format!("the signature has more than {most} bytes")));
    }
    Ok(())
}

/// Records a refusal in the log of decisions.
async fn refuse(app: &App, device: &DeviceId, refusal: Refusal) -> Problem {
    let problem = problem_of(&refusal);
    match app.office().refuse(device.clone(), app.station(), refusal).await {
        Ok(()) => problem,
        // A decision that cannot be logged is not made.
        Err(unavailable) => unavailable,
    }
}

async fn answer(app: &App, device: &DeviceId, order: String, issued: Issued) -> Result<DacAnswer, Problem> {
    let state = state_of(issued.state)?;
    let setup = app.onboarding().derive(device.as_str(), issued.key.as_bytes());
    let setup = setup.ok_or_else(|| Problem::unavailable("onboarding", "no passcode can be derived", 60))?;
    let verifier = app.verifiers().derive(&setup).await;
    let verifier = verifier.ok_or_else(|| Problem::unavailable("busy", "too many verifiers are being derived", 1))?;
    let office = app.office();
    Ok(DacAnswer {
        key: issued.key.to_string(),
        order,
        state,
        dac: Bytes(issued.dac.as_der().to_vec()),
        pai: Bytes(office.pai().to_vec()),
        cd: Bytes(office.declaration().to_vec()),
        verifier: VerifierSet {
            discriminator: setup.discriminator.get(),
            iterations: app.verifiers().iterations().get(),
            salt: Bytes(setup.salt.as_bytes().to_vec()),
            verifier: Bytes(verifier.to_vec()),
        },
    })
}

pub(crate) async fn installed(
    State(app): State<Arc<App>>,
    key: Result<Path<String>, PathRejection>,
) -> Result<Json<StateAnswer>, Problem> {
    let key = key_of(key)?;
    let state = state_of(app.office().installed(key).await?)?;
    Ok(Json(StateAnswer {
        key: key.to_string(),
        state,
    }))
}

pub(crate) async fn proved(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Arc<Client>>,
    key: Result<Path<String>, PathRejection>,
    Sent(request): Sent<ProofRequest>,
) -> Result<Json<StateAnswer>, Problem> {
    let key = key_of(key)?;
    let image_sha256 = request.image_sha256.parse::<KeyHash>();
    let image_sha256 =
        image_sha256.map_err(|_| Problem::malformed("image_sha256 is not 64 lower-case hexadecimal digits"))?;
    check_signature(&request.signature)?;
    take_nonce(&app, &client, &request.nonce)?;
    let known = app
        .office()
        .by_key(key)
        .await?
        .ok_or_else(|| problem_of(&Refusal::KeyUnknown))?;
    let message = proof_message(&request.nonce, &key, image_sha256.as_bytes());
    if !is_proof(&known.dac.public_key(), &message, &request.signature.0) {
        let refusal = Refusal::NotAuthorised {
            code: "proof",
            text: "the signature of context, nonce, key hash and image hash does not verify with the certificate's key",
        };
        app.metrics().refusal(refusal.code());
        let device = DeviceId::new(&known.device).map_err(|refusal| problem_of(&refusal))?;
        return Err(refuse(&app, &device, refusal).await);
    }
    let proof = Proof {
        key,
        image_sha256: *image_sha256.as_bytes(),
    };
    let state = state_of(app.office().proved(proof).await?)?;
    Ok(Json(StateAnswer {
        key: key.to_string(),
        state,
    }))
}

/// Returns the data that a device signs with the key of its DAC; the signature hashes it with SHA-256.
#[must_use]
pub fn proof_message(nonce: &Nonce, key: &KeyHash, image_sha256: &[u8; 32]) -> Vec<u8> {
    [PROOF_CONTEXT, nonce.as_bytes(), key.as_bytes(), image_sha256].concat()
}

fn is_proof(public_key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    public_key.verify_der(message, signature).is_ok() || public_key.verify_raw(message, signature).is_ok()
}

fn take_nonce(app: &App, client: &Client, nonce: &Nonce) -> Result<(), Problem> {
    if app.nonces().take(client.fingerprint(), nonce, Instant::now()) {
        return Ok(());
    }
    let detail =
        "the nonce is used, expired, another client's or another service's; request a new one on this connection";
    Err(Problem::new(StatusCode::CONFLICT, "nonce", detail))
}

fn key_of(key: Result<Path<String>, PathRejection>) -> Result<KeyHash, Problem> {
    let Path(text) = key.map_err(|_| Problem::malformed("the path is not UTF-8"))?;
    text.parse().map_err(|refusal: Refusal| problem_of(&refusal))
}

pub(crate) fn state_of(step: Step) -> Result<DeviceState, Problem> {
    match step {
        Step::Signed => Ok(DeviceState::Signed),
        Step::Installed => Ok(DeviceState::Installed),
        Step::Proved => Ok(DeviceState::Proved),
        _ => Err(Problem::unavailable(
            "unfinished",
            "the certificate is not signed yet",
            1,
        )),
    }
}
