//! Certificates and the reports about them.

use axum::http::{Method, StatusCode};
use dac_service::Nonce;
use dac_service::api::{DacAnswer, DeviceState, OnboardingAnswer, StateAnswer};
use matter_attestation::{Certificate, DeclarationSigners, PrivateKey, Profile, Verification};
use matter_issuance::{Log, LogSigner, Registrar};
use matter_ledger::Ledger;
use matter_setup_payload::{ManualPayload, SetupPayload};
use matter_spake2p::{Iterations, PaseCredential, PbkdfParameters, Salt};
use matter_types::{ProductId, VendorId};

use crate::document::check_against_document;
use crate::harness::{Service, ask, code, get, nonce};

#[tokio::test(flavor = "multi_thread")]
async fn certificate_verifies_and_belongs_to_the_devices_key() {
    let service = Service::start().await;
    let mut cloud = service.connect("cloud-1").await;
    let device = service.lab.device().unwrap();
    let answer = get(&mut cloud, &device).await;
    let paa = std::fs::read(service.lab.folder().join("paa.pem")).unwrap();
    let paa = Certificate::decode(&paa).unwrap();
    let signers = DeclarationSigners::new().with_test_key(true);
    let report = Verification::new()
        .with_paa(paa.as_der())
        .with_pai(&answer.pai.0)
        .with_dac(&answer.dac.0)
        .with_declaration(&answer.cd.0)
        .with_declaration_signers(&signers)
        .with_product(VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap())
        .run(Profile::Strict);
    assert!(report.is_accepted(), "{:?}", report.findings());
    let dac = Certificate::from_der(&answer.dac.0).unwrap();
    assert_eq!(dac.public_key(), device.key().public_key());
    assert_eq!(dac.common_name(), Some(device.serial()));
    assert_eq!(answer.key, device.key_hash().to_string());
    assert_eq!((answer.state, &*answer.order), (DeviceState::Signed, "field"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_has_the_same_answer() {
    let service = Service::start().await;
    let (mut first, mut second) = (service.connect("cloud-1").await, service.connect("cloud-2").await);
    let device = service.lab.device().unwrap();
    let answer = get(&mut first, &device).await;
    for connection in [&mut first, &mut second] {
        let again = ask(connection, &device).await;
        assert_eq!(again.status, StatusCode::OK);
        assert_eq!(again.json::<DacAnswer>().unwrap(), answer);
    }
    assert_eq!(service.used().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_get_one_certificate_each() {
    let service = Service::start().await;
    let devices = (0..40).map(|_| service.lab.device().unwrap()).collect::<Vec<_>>();
    let devices = std::sync::Arc::new(devices);
    let mut tasks = tokio::task::JoinSet::new();
    for turn in 0..8 {
        let devices = devices.clone();
        let mut cloud = service.connect(if turn % 2 == 0 { "cloud-1" } else { "cloud-2" }).await;
        tasks.spawn(async move {
            let mut answers = Vec::new();
            for device in devices.iter() {
                let reply = ask(&mut cloud, device).await;
                assert!(reply.status.is_success(), "{reply:?}");
                answers.push((reply.status, reply.json::<DacAnswer>().unwrap()));
            }
            answers
        });
    }
    let answers = tasks.join_all().await;
    for index in 0..devices.len() {
        let of_device = answers.iter().map(|answers| &answers[index]).collect::<Vec<_>>();
        assert!(of_device.iter().all(|(_, answer)| *answer == of_device[0].1));
        let new = of_device.iter().filter(|(status, _)| *status == StatusCode::CREATED);
        assert_eq!(new.count(), 1);
    }
    assert_eq!(service.used().await, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn device_goes_on_to_installed_and_proved() {
    let service = Service::start().await;
    let mut cloud = service.connect("cloud-1").await;
    let device = service.lab.device().unwrap();
    let key = get(&mut cloud, &device).await.key;
    let (installed, proved) = (format!("/v1/dacs/{key}/installed"), format!("/v1/dacs/{key}/proved"));

    // Not yet installed.
    let proof = device.prove(nonce(&mut cloud).await, [5; 32]).unwrap();
    let early = cloud.post(&proved, &proof).await.unwrap();
    assert_eq!((early.status, &*code(&early)), (StatusCode::CONFLICT, "wrong-state"));

    for _ in 0..2 {
        let reply = cloud.send(Method::POST, &installed).await.unwrap();
        check_against_document("POST", "/v1/dacs/{key}/installed", &reply);
        assert_eq!(reply.json::<StateAnswer>().unwrap().state, DeviceState::Installed);
    }
    // Signatures with another key, over another nonce, and over another image.
    let other = service.lab.device().unwrap();
    let mut wrong = Vec::new();
    wrong.push(other.prove(nonce(&mut cloud).await, [5; 32]).unwrap());
    let mut proof = device.prove(Nonce::new([1; 32]), [5; 32]).unwrap();
    proof.nonce = nonce(&mut cloud).await;
    wrong.push(proof);
    let mut proof = device.prove(nonce(&mut cloud).await, [5; 32]).unwrap();
    proof.image_sha256 = "06".repeat(32);
    wrong.push(proof);
    for proof in wrong {
        let reply = cloud.post(&proved, &proof).await.unwrap();
        check_against_document("POST", "/v1/dacs/{key}/proved", &reply);
        assert_eq!((reply.status, &*code(&reply)), (StatusCode::FORBIDDEN, "proof"));
    }
    let proof = device.prove(nonce(&mut cloud).await, [5; 32]).unwrap();
    let reply = cloud.post(&proved, &proof).await.unwrap();
    check_against_document("POST", "/v1/dacs/{key}/proved", &reply);
    assert_eq!(reply.json::<StateAnswer>().unwrap().state, DeviceState::Proved);
    // A state never regresses.
    let reply = cloud.send(Method::POST, &installed).await.unwrap();
    assert_eq!(reply.json::<StateAnswer>().unwrap().state, DeviceState::Proved);
    let unknown = cloud
        .send(Method::POST, &format!("/v1/dacs/{}/installed", "00".repeat(32)))
        .await
        .unwrap();
    assert_eq!(
        (unknown.status, &*code(&unknown)),
        (StatusCode::NOT_FOUND, "key-unknown")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_fit_the_verifier_and_only_the_app_gets_them() {
    let service = Service::start().await;
    let mut cloud = service.connect("cloud-1").await;
    let mut app = service.connect("app").await;
    let device = service.lab.device().unwrap();
    let path = format!("/v1/devices/{}/onboarding", device.serial());
    let early = app.send(Method::GET, &path).await.unwrap();
    assert_eq!(
        (early.status, &*code(&early)),
        (StatusCode::NOT_FOUND, "device-unknown")
    );
    let answer = get(&mut cloud, &device).await;

    let reply = app.send(Method::GET, &path).await.unwrap();
    check_against_document("GET", "/v1/devices/{serial}/onboarding", &reply);
    assert_eq!(reply.headers["cache-control"], "no-store");
    let codes = reply.json::<OnboardingAnswer>().unwrap();
    let payload = codes.qr.parse::<SetupPayload>().unwrap();
    let manual = codes.manual.parse::<ManualPayload>().unwrap();
    assert_eq!(payload.passcode().expose(), manual.passcode().expose());
    assert_eq!(payload.discriminator().get(), answer.verifier.discriminator);
    assert_eq!(payload.vendor_id(), Some(VendorId::new(0xFFF1).unwrap()));
    let parameters = PbkdfParameters {
        iterations: Iterations::new(answer.verifier.iterations).unwrap(),
        salt: Salt::new(&answer.verifier.salt.0).unwrap(),
    };
    let credential = PaseCredential::derive(payload.passcode().clone(), parameters).unwrap();
    assert_eq!(credential.verifier().expose_bytes()[..], answer.verifier.verifier.0);

    for client in ["cloud-1", "alice", "monitor", "unlisted"] {
        let reply = service.connect(client).await.send(Method::GET, &path).await.unwrap();
        assert_eq!(
            (reply.status, &*code(&reply)),
            (StatusCode::FORBIDDEN, "role"),
            "{client}"
        );
    }
    // Log and metrics contain it in no form.
    let metrics = service
        .connect("monitor")
        .await
        .send(Method::GET, "/metrics")
        .await
        .unwrap();
    let metrics = String::from_utf8(metrics.body).unwrap();
    drop((cloud, app));
    let log = service.stop().await;
    let passcode = payload.passcode().expose().to_string();
    for secret in [&*codes.qr, &*codes.manual, &passcode] {
        assert!(!log.contains(secret) && !metrics.contains(secret));
    }
    assert!(log.contains(device.serial()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_has_no_second_key() {
    let service = Service::start().await;
    let mut cloud = service.connect("cloud-1").await;
    let device = service.lab.device().unwrap();
    get(&mut cloud, &device).await;
    let device = device.with_new_key().unwrap();
    let reply = ask(&mut cloud, &device).await;
    assert_eq!((reply.status, &*code(&reply)), (StatusCode::CONFLICT, "device-known"));
    assert_eq!(service.used().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_decision_is_in_the_signed_log() {
    let service = Service::start().await;
    let mut cloud = service.connect("cloud-1").await;
    let device = service.lab.device().unwrap();
    let key = get(&mut cloud, &device).await.key;
    cloud
        .send(Method::POST, &format!("/v1/dacs/{key}/installed"))
        .await
        .unwrap();
    let proof = device.prove(nonce(&mut cloud).await, [5; 32]).unwrap();
    cloud.post(&format!("/v1/dacs/{key}/proved"), &proof).await.unwrap();
    let imitation = service
        .lab
        .device()
        .unwrap()
        .request_for(device.serial(), nonce(&mut cloud).await)
        .unwrap();
    cloud.post("/v1/dacs", &imitation).await.unwrap();
    ask(&mut cloud, &service.lab.device_of("UNSOLD").unwrap()).await;
    drop(cloud);
    let folder = service.lab.folder().to_owned();
    let _folder = service.stop_and_keep().await;

    let log_key = PrivateKey::decode(&std::fs::read(folder.join("log.key")).unwrap()).unwrap();
    let ledger = Ledger::open(folder.join("ledger.sqlite")).unwrap();
    let public_key = log_key.public_key();
    let (rows, head) = Registrar::new(ledger, LogSigner::new(log_key), "test").log().unwrap();
    Log::verify(&rows, &head, &[public_key]).unwrap();
    let other = PrivateKey::from_scalar(&[7; 32]).unwrap().public_key();
    assert!(Log::verify(&rows, &head, &[other]).is_err());
    let text = rows.iter().map(|row| row.entry.as_str()).collect::<Vec<_>>().join("\n");
    for wanted in [
        "order-proposed",
        "order-approved",
        "\"alice\"",
        "\"bob\"",
        "signed",
        "installed",
        "proved",
        "identity-name",
        "serial-unknown",
        "UNSOLD",
        &key,
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
}
