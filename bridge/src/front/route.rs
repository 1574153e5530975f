//! The table of paths. It is exact: what is not in it is 404, and what only looks like a path in it is 400.

use super::refusal::Refusal;
use super::surface::Surface;

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// A token as IMDS gives it.
    Token,
    /// A token as App Service gives it.
    AppService,
    /// A token for Cloud Shell's POST.
    CloudShell,
    /// The tenant's id.
    Info,
    /// The instance document, or what this JSON pointer leads to.
    Instance(String),
    /// The list of api-versions.
    Versions,
}

/// The longest path in the table has fewer levels.
const MOST_LEVELS: usize = 16;

pub(crate) fn route(path: &str, surface: &Surface) -> Result<Route, Refusal> {
    check(path)?;
    let bare = match &surface.secret {
        Some(secret) => match path.strip_prefix('/').and_then(|rest| rest.strip_prefix(secret.as_str())) {
            Some("/oauth2/token") if surface.cloud_shell => return Ok(Route::CloudShell),
            _ => path,
        },
        None => path,
    };
    let secret = surface.secret.is_some();
    match bare {
        "/metadata/identity/oauth2/token" if secret => Ok(Route::AppService),
        "/metadata/identity/oauth2/token" => Ok(Route::Token),
        "/MSI/token" | "/MSI/token/" | "/msi/token" | "/msi/token/" if secret => Ok(Route::AppService),
        "/oauth2/token" if surface.cloud_shell && !secret => Ok(Route::CloudShell),
        "/metadata/identity/info" if !secret => Ok(Route::Info),
        "/metadata/versions" | "/metadata/versions/" if !secret => Ok(Route::Versions),
        // What a VM's owner gave it to run at its first start. Arc has none, and a tool that looks for it is to be told so.
        "/metadata/instance/compute/userData" | "/metadata/instance/compute/userData/" => Err(Refusal::not_found()),
        _ if !secret => instance(bare).ok_or_else(Refusal::not_found),
        _ => Err(Refusal::not_found()),
    }
}

/// The only open-ended path: names below the document, which is a value in memory. One trailing slash is tolerated.
fn instance(path: &str) -> Option<Route> {
    let below = path.strip_prefix("/metadata/instance")?;
    let below = below.strip_suffix('/').unwrap_or(below);
    let names = below.split('/').skip(1);
    let plain =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let fits = (below.is_empty() || below.starts_with('/')) && names.clone().all(plain) && names.count() <= MOST_LEVELS;
    fits.then(|| Route::Instance(below.to_owned()))
}

/// Whatever another program might read as a different path is refused before the table is asked.
fn check(path: &str) -> Result<(), Refusal> {
    let odd = path.bytes().any(|byte| !byte.is_ascii_graphic() || b"%\\;#".contains(&byte));
    if odd || path.contains("//") || path.split('/').any(|part| matches!(part, "." | "..")) {
        return Err(Refusal::bad_request("The path holds characters or parts that a path here never has."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use himds::Identity;
    use zeroize::Zeroizing;

    use super::*;

    fn imds() -> Surface {
        Surface::imds(1, Identity::SystemAssigned)
    }

    fn secret() -> Surface {
        Surface::app_service(1, Identity::SystemAssigned, Zeroizing::new("s3cret".into()))
    }

    #[test]
    fn the_table_of_imds() {
        let instance = |pointer: &str| Ok(Route::Instance(pointer.to_owned()));
        for (path, found) in [
            ("/metadata/identity/oauth2/token", Ok(Route::Token)),
            ("/metadata/identity/info", Ok(Route::Info)),
            ("/metadata/versions", Ok(Route::Versions)),
            ("/metadata/instance", instance("")),
            ("/metadata/instance/", instance("")),
            ("/metadata/instance/compute/vmSize", instance("/compute/vmSize")),
            ("/metadata/instance/network/interface/0", instance("/network/interface/0")),
        ] {
            assert_eq!(route(path, &imds()), found, "{path}");
        }
        for path in [
            "/",
            "/latest",
            "/latest/meta-data/iam/security-credentials/",
            "/openstack/latest/meta_data.json",
            "/metadata",
            "/metadata/identity/oauth2/token/",
            "/metadata/identity/oauth2/tokens",
            "/Metadata/identity/oauth2/token",
            "/metadata/attested/document",
            "/metadata/scheduledevents",
            "/metadata/instancex",
            "/metadata/instance/a~1b",
            "/metadata/instance/compute/userData",
            "/metadata/instance/compute/userData/",
            "/MSI/token/",
            "/oauth2/token",
        ] {
            assert_eq!(route(path, &imds()).unwrap_err().status, 404, "{path}");
        }
    }

    #[test]
    fn what_looks_like_another_path_is_a_bad_request() {
        for path in [
            "//metadata/identity/oauth2/token",
            "/metadata/identity/../identity/oauth2/token",
            "/metadata/identity/./oauth2/token",
            "/metadata/identity/oauth2/token/..",
            "/metadata/identity%2Foauth2/token",
            "/metadata/identity/oauth2/%2e%2e/token",
            "/metadata\\identity\\oauth2\\token",
            "/metadata/identity/oauth2/token;x",
            "/metadata/identity/oauth2/token#x",
            "/metadata/instance//compute",
            "/metadata/instance/\x7f",
            "/metadata/instance/ä",
        ] {
            assert_eq!(route(path, &imds()).unwrap_err().status, 400, "{path}");
            assert_eq!(route(path, &secret()).unwrap_err().status, 400, "{path}");
        }
    }

    #[test]
    fn the_table_behind_a_secret() {
        for path in ["/MSI/token", "/MSI/token/", "/msi/token", "/metadata/identity/oauth2/token"] {
            assert_eq!(route(path, &secret()), Ok(Route::AppService), "{path}");
        }
        for path in ["/metadata/instance", "/metadata/identity/info", "/s3cret/oauth2/token", "/oauth2/token"] {
            assert_eq!(route(path, &secret()).unwrap_err().status, 404, "{path}");
        }
    }

    #[test]
    fn cloud_shell_only_if_switched_on() {
        assert_eq!(route("/oauth2/token", &imds().with_cloud_shell(true)), Ok(Route::CloudShell));
        let behind = secret().with_cloud_shell(true);
        assert_eq!(route("/s3cret/oauth2/token", &behind), Ok(Route::CloudShell));
        assert_eq!(route("/oauth2/token", &behind).unwrap_err().status, 404);
        assert_eq!(route("/wrong/oauth2/token", &behind).unwrap_err().status, 404);
    }
}
