//! What the service's answers tell: `metadata`, `cloud`, `api_version`, `clock`.

use std::collections::BTreeSet;

use super::raw_get::RawAnswer;
use super::report::StepResult;
use crate::http::meaning::HIMDS_API_VERSIONS;
use crate::{Error, Kind, Metadata, Source};

/// A difference that Entra and most services still forgive.
const TOLERABLE_SKEW: u64 = 5 * 60;
/// More versions than these are told by their number.
const MANY_VERSIONS: usize = 8;

/// `metadata`
pub(super) fn metadata(answer: &Result<RawAnswer, Error>) -> StepResult {
    let seen = match answer {
        Ok(RawAnswer { error: Some(error), .. }) | Err(error) => return failed(error),
        Ok(seen) => seen,
    };
    match Metadata::parse(seen.text.clone()) {
        Err(error) => StepResult::failed(
            format!("HTTP {}: {}", seen.status, error.message()),
            "Something other than the service may be answering: check what listens on that port.",
        ),
        Ok(metadata) => {
            let parts = [
                ("machine", metadata.name()),
                ("resource group", metadata.resource_group()),
                ("subscription", metadata.subscription_id()),
                ("location", metadata.location()),
            ];
            let known: Vec<_> =
                parts.iter().filter_map(|(what, value)| Some(format!("{what} {}", (*value)?))).collect();
            match known.is_empty() {
                true => StepResult::ok("it answers but does not name a machine"),
                false => StepResult::ok(format!("it answers: {}", known.join(", "))),
            }
        }
    }
}

fn failed(error: &Error) -> StepResult {
    StepResult::failed(error.message(), error.hint().unwrap_or_default())
}

/// `cloud`, for IMDS: 169.254.169.254 is every cloud's address. `token` is the error if there is no token.
pub(super) fn cloud(answer: &Result<RawAnswer, Error>, token: Option<&Error>) -> Option<StepResult> {
    let from_metadata = match answer {
        Ok(RawAnswer { error, .. }) => error.as_ref(),
        Err(error) => Some(error),
    };
    if let Some(error) = [from_metadata, token].into_iter().flatten().find(|error| error.kind() == Kind::NotAzure) {
        return Some(failed(error));
    }
    let Ok(RawAnswer { error: None, text, .. }) = answer else { return None };
    let metadata = Metadata::parse(text.clone()).ok()?;
    Some(match (metadata.environment(), metadata.compute()) {
        (Some(environment), _) => StepResult::ok(format!("Azure's metadata service answers ({environment})")),
        (None, Some(_)) => StepResult::ok("Azure's metadata service answers"),
        (None, None) => StepResult::warning(
            "the answer does not look like that of Azure's metadata service",
            "Check it with `curl -H Metadata:true 'http://169.254.169.254/metadata/instance?api-version=2021-02-01'`.",
        ),
    })
}

/// Azure Resource Manager of the cloud that the machine is in, if public Azure's is requested: an identity of another
/// cloud cannot have that one (Microsoft Learn, "Azure Government developer guide" and "Azure China endpoints").
pub(super) fn resource_of_cloud<'a>(resource: &'a str, instance: &RawAnswer) -> &'a str {
    let environment = Metadata::parse(instance.text.clone())
        .ok()
        .and_then(|metadata| Some(metadata.environment()?.to_ascii_lowercase()));
    // IMDS says AzureUSGovernmentCloud; Azure's own tools call the same cloud AzureUSGovernment.
    match (resource.trim_end_matches('/'), environment.as_deref().map(|name| name.trim_end_matches("cloud"))) {
        ("https://management.azure.com", Some("azureusgovernment")) => "https://management.usgovcloudapi.net",
        ("https://management.azure.com", Some("azurechina")) => "https://management.chinacloudapi.cn",
        ("https://management.azure.com", Some("azuregerman")) => "https://management.microsoftazure.de",
        _ => resource,
    }
}

/// `api_version`, if the service tells which it knows.
pub(super) fn api_version(source: Source, answer: &Result<RawAnswer, Error>) -> Option<StepResult> {
    let known = versions(&answer.as_ref().ok()?.text);
    let newest = known.last()?;
    let ours = BTreeSet::from([source.token_api_version(), source.metadata_api_version()]);
    let list = if known.len() <= MANY_VERSIONS {
        format!("the api-versions {}", known.iter().copied().collect::<Vec<_>>().join(", "))
    } else {
        format!("{} api-versions, the newest {newest}", known.len())
    };
    let used = ours.iter().copied().collect::<Vec<_>>().join(" and ");
    let detail = format!("the service knows {list}; this library uses {used}");
    if ours.is_subset(&known) {
        return Some(StepResult::ok(detail));
    }
    const UPDATE: &str = "Update the Connected Machine agent (`sudo apt install azcmagent`, `sudo dnf update azcmagent`, \
        on Windows through Windows Update), and this library.";
    Some(match (source, HIMDS_API_VERSIONS.into_iter().find(|version| known.contains(version))) {
        (Source::Himds, Some(older)) => StepResult::warning(
            format!("the service knows {list}; once it has refused {used}, {older} is used"),
            UPDATE,
        ),
        (Source::Himds, None) => StepResult::failed(format!("{detail}, which it does not know"), UPDATE),
        (Source::Imds, _) => StepResult::warning(
            format!("{detail}, which it does not list"),
            "This does not look like the metadata service of a current Azure VM; on Azure Stack, check for updates.",
        ),
    })
}

/// The dates in a text (`2020-06-01`), oldest first.
fn versions(text: &str) -> BTreeSet<&str> {
    let shaped = |word: &&str| {
        word.len() == 10
            && word
                .bytes()
                .enumerate()
                .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
    };
    text.split(|c: char| !c.is_ascii_digit() && c != '-').filter(shaped).collect()
}

/// `clock`, if the service's `Date` or the token's time of issue (`iat`, seconds since 1970) is there to compare.
pub(super) fn clock(answer: Option<&RawAnswer>, issued_at: Option<u64>, now: u64) -> Option<StepResult> {
    const FIX: &str = if cfg!(windows) {
        "Set the clock: `w32tm /resync`, and check its source with `w32tm /query /status`."
    } else {
        "Set the clock: `sudo timedatectl set-ntp true`, and check with `timedatectl status` or `chronyc tracking`."
    };
    let server = answer.and_then(|seen| Some((seen.date?, seen.wall)));
    if let Some((date, wall)) = server.filter(|(date, wall)| date.abs_diff(*wall) > TOLERABLE_SKEW) {
        let direction = if wall > date { "ahead of" } else { "behind" };
        let detail = format!("this machine's clock is {} {direction} the service's", span(date.abs_diff(wall)));
        return Some(StepResult::warning(detail, FIX));
    }
    if let Some(ahead) = issued_at.and_then(|issued| issued.checked_sub(now)).filter(|ahead| *ahead > TOLERABLE_SKEW) {
        let detail = format!(
            "by this machine's clock, the token was issued {} in the future: this clock is behind",
            span(ahead)
        );
        return Some(StepResult::warning(detail, FIX));
    }
    match (server, issued_at) {
        (Some((date, wall)), _) => {
            Some(StepResult::ok(format!("it agrees with the service's to within {} s", date.abs_diff(wall))))
        }
        (None, Some(_)) => Some(StepResult::ok("it is not behind the token's time of issue")),
        (None, None) => None,
    }
}

/// Seconds as a person says them.
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} days", seconds / 86400),
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::Status;
    use super::*;

    const WALL: u64 = 1_700_000_000;

    fn seen(text: &str, date: Option<u64>) -> RawAnswer {
        RawAnswer { status: 200, text: text.to_owned(), date, wall: WALL, error: None }
    }

    #[test]
    fn public_resource_manager_is_that_of_the_machines_cloud() {
        const PUBLIC: &str = "https://management.azure.com";
        let of = |resource, environment: &str| {
            let answer = seen(&format!(r#"{{"compute":{{"azEnvironment":"{environment}"}}}}"#), None);
            resource_of_cloud(resource, &answer).to_owned()
        };
        assert_eq!(of(PUBLIC, "AzurePublicCloud"), PUBLIC);
        for name in ["AzureUSGovernmentCloud", "AZUREUSGOVERNMENT"] {
            assert_eq!(of(PUBLIC, name), "https://management.usgovcloudapi.net");
        }
        assert_eq!(of("https://management.azure.com/", "AzureChinaCloud"), "https://management.chinacloudapi.cn");
        assert_eq!(of("https://vault.azure.net", "AzureChinaCloud"), "https://vault.azure.net");
        assert_eq!(resource_of_cloud(PUBLIC, &seen("<html>", None)), PUBLIC);
    }

    #[test]
    fn skew() {
        let table = [
            (Some(WALL), None, Some(Status::Ok), "0 s"),
            (Some(WALL - 300), None, Some(Status::Ok), "300 s"),
            (Some(WALL - 301), None, Some(Status::Warning), "5 min ahead"),
            (Some(WALL + 7200), None, Some(Status::Warning), "2 h 0 min behind"),
            (Some(WALL + 30 * 86400), None, Some(Status::Warning), "30 days behind"),
            (None, Some(WALL - 86000), Some(Status::Ok), "not behind"),
            (None, Some(WALL + 4000), Some(Status::Warning), "1 h 6 min in the future"),
            (Some(WALL), Some(WALL + 4000), Some(Status::Warning), "in the future"),
            (None, None, None, ""),
        ];
        for (date, issued, status, words) in table {
            let found = clock(Some(&seen("", date)), issued, WALL);
            assert_eq!(found.as_ref().map(|found| found.status), status, "{found:?}");
            assert!(found.is_none_or(|found| found.detail.contains(words)));
        }
        assert!(clock(None, None, WALL).is_none());
    }

    #[test]
    fn versions_known() {
        let agent = "The api-version not specified. Supported are 2021-02-01 2020-06-01 2019-11-01 2019-08-15";
        let table: &[(Source, &str, Option<Status>, &str)] = &[
            (Source::Himds, agent, Some(Status::Ok), "2021-02-01"),
            (Source::Himds, "Supported are 2019-11-01 2019-08-15", Some(Status::Warning), "2019-11-01 is used"),
            (Source::Himds, "Supported are 2099-01-01", Some(Status::Failed), "does not know"),
            (Source::Himds, "{\"compute\":{}} 12020-06-01 2020-6-1", None, ""),
            (
                Source::Imds,
                r#"{"apiVersions":["2017-04-02","2018-02-01","2021-02-01"]}"#,
                Some(Status::Ok),
                "2018-02-01 and 2021-02-01",
            ),
            (Source::Imds, r#"{"apiVersions":["2017-04-02"]}"#, Some(Status::Warning), "does not list"),
        ];
        for (source, text, status, words) in table {
            let found = api_version(*source, &Ok(seen(text, None)));
            assert_eq!(found.as_ref().map(|found| found.status), *status, "{found:?}");
            assert!(found.is_none_or(|found| found.detail.contains(words)), "{text}");
        }
        let many: String = (10..30).map(|day| format!("2020-06-{day} ")).collect();
        assert!(api_version(Source::Himds, &Ok(seen(&many, None))).unwrap().detail.contains("knows 20 api-versions"));
    }

    #[test]
    fn clouds() {
        let azure = Ok(seen(r#"{"compute":{"azEnvironment":"AzurePublicCloud"}}"#, None));
        assert!(cloud(&azure, None).unwrap().detail.contains("AzurePublicCloud"));
        let not_azure = crate::http::answer::not_azure("Amazon EC2");
        for answer in [Err(not_azure.clone()), Ok(RawAnswer { error: Some(not_azure.clone()), ..seen("", None) })] {
            let found = cloud(&answer, None).unwrap();
            assert_eq!(found.status, Status::Failed);
            assert!(found.detail.contains("Amazon EC2") && !found.fix.is_empty());
        }
        assert_eq!(cloud(&azure, Some(&not_azure)).unwrap().status, Status::Failed);
        assert_eq!(cloud(&Ok(seen("{}", None)), None).unwrap().status, Status::Warning);
        assert!(cloud(&Err(Error::new(Kind::Timeout, "x")), None).is_none());
    }

    #[test]
    fn metadata_says_which_machine() {
        let arc = r#"{"compute":{"name":"box","resourceGroupName":"g","subscriptionId":"s","location":""}}"#;
        assert_eq!(metadata(&Ok(seen(arc, None))).detail, "it answers: machine box, resource group g, subscription s");
        assert_eq!(metadata(&Ok(seen("{}", None))).status, Status::Ok);
        assert_eq!(metadata(&Ok(seen("<html>", None))).status, Status::Failed);
        assert_eq!(metadata(&Err(Error::new(Kind::Timeout, "x"))).status, Status::Failed);
    }
}
