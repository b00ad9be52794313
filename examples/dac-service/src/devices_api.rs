//! `GET /v1/devices/{serial}/onboarding`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use matter_issuance::DeviceId;

use crate::api::OnboardingAnswer;
use crate::app::App;
use crate::dacs::state_of;
use crate::office::problem_of;
use crate::problem::Problem;
use crate::routes::About;

/// Answers with the codes of a device that has a certificate.
pub(crate) async fn onboarding(State(app): State<Arc<App>>, serial: Result<Path<String>, PathRejection>) -> Response {
    let answer = codes(&app, serial).await;
    match answer {
        Ok(answer) => {
            let about = About(answer.serial.as_str().into());
            let mut response = Json(answer).into_response();
            response.extensions_mut().insert(about);
            response
        }
        Err(problem) => {
            app.metrics().refusal(problem.code());
            problem.into_response()
        }
    }
}

async fn codes(app: &App, serial: Result<Path<String>, PathRejection>) -> Result<OnboardingAnswer, Problem> {
    let Path(serial) = serial.map_err(|_| Problem::malformed("the path is not UTF-8"))?;
    let unknown = || {
        Problem::new(
            StatusCode::NOT_FOUND,
            "device-unknown",
            "no device with this serial number has a certificate",
        )
    };
    let device = DeviceId::new(&serial).map_err(|refusal| problem_of(&refusal))?;
    if app.live().devices.order_of(device.as_str()).is_none() {
        return Err(unknown());
    }
    app.admit_device(device.as_str())?;
    let record = app.office().by_device(device.clone()).await?.ok_or_else(unknown)?;
    let state = state_of(record.state)?;
    let setup = app.onboarding().derive(device.as_str(), record.key.as_bytes());
    let setup = setup.ok_or_else(|| Problem::unavailable("onboarding", "no passcode can be derived", 60))?;
    let (Some(vendor), Some(product)) = (record.dac.vendor_id(), record.dac.product_id()) else {
        return Err(Problem::unavailable(
            "onboarding",
            "the certificate names no vendor and product",
            60,
        ));
    };
    let payload = setup.payload(vendor, product);
    Ok(OnboardingAnswer {
        serial: device.as_str().into(),
        state,
        qr: payload.qr_text().as_str().into(),
        manual: payload.manual_code().as_str().into(),
    })
}
