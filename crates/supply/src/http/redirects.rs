//! Where answers lead on to, and who is asked there: the address alone goes along, no credential.
//!
//! Knows no network: whoever asks is passed in, and judges each address as it judged the first one.

use super::FetchError;
use ureq::http::Response;

/// Longest chain of redirects.
pub(super) const REDIRECTS: u32 = 5;

/// What a chain of redirects ended in.
pub(super) struct Followed<B> {
    pub(super) response: Response<B>,
    /// Whether somebody else answered than the address that was asked. What such an answer wants is not the first one's word.
    pub(super) elsewhere: bool,
}

impl<B> Followed<B> {
    /// What the address that was asked wants to see first. Whoever is behind a redirect has no say in where a login goes.
    pub(super) fn challenge(&self) -> Option<&str> {
        let wanted = self.response.headers().get("www-authenticate")?;
        let is_own = !self.elsewhere && self.response.status().as_u16() == 401;
        wanted.to_str().ok().filter(|_| is_own)
    }
}

/// Asks an address with a credential, and without it wherever the answers lead, at most `most` times.
pub(super) fn follow<B>(
    url: &str,
    authorization: Option<&str>,
    most: u32,
    mut ask: impl FnMut(&str, Option<&str>) -> Result<Response<B>, FetchError>,
) -> Result<Followed<B>, FetchError> {
    let mut response = ask(url, authorization)?;
    let (mut at, mut elsewhere) = (url.to_owned(), false);
    for _ in 0..most {
        let Some(to) = leads_to(&response, &at)? else {
            break;
        };
        // Whoever is behind it was not given the credential.
        response = ask(&to, None)?;
        (at, elsewhere) = (to, true);
    }
    if most > 0 && is_redirect(&response) {
        return Err(FetchError::Redirects);
    }
    Ok(Followed {
        response,
        elsewhere,
    })
}

pub(super) fn is_redirect<B>(response: &Response<B>) -> bool {
    matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308)
}

pub(super) fn location<B>(response: &Response<B>) -> Option<String> {
    let to = response.headers().get("location");
    to.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Where an answer to `at` leads on to, when it does.
fn leads_to<B>(response: &Response<B>, at: &str) -> Result<Option<String>, FetchError> {
    if !is_redirect(response) {
        return Ok(None);
    }
    let to = location(response).unwrap_or_default();
    let there = url::Url::parse(at).and_then(|at| at.join(&to));
    match there {
        // A login in it would be the stranger's, and would show in messages.
        Ok(there) if there.username().is_empty() && there.password().is_none() => {
            Ok(Some(there.into()))
        }
        _ => Err(FetchError::Address(interlock_launch::excerpt(&to))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, to: &str) -> Response<()> {
        let response = Response::builder()
            .status(status)
            .header("location", to)
            .header(
                "www-authenticate",
                "Bearer realm=\"https://evil.example/token\"",
            );
        response.body(()).unwrap()
    }

    type Asked = Vec<(String, Option<String>)>;

    /// Who was asked with what, where the answers are these one after the other; the last answer, and whether it may ask for a login.
    fn asked(most: u32, answers: &[(u16, &str)]) -> (Asked, Result<(u16, bool), FetchError>) {
        let (mut asked, mut answers) = (Asked::new(), answers.iter());
        let done = follow(
            "https://hub.example/a/b",
            Some("secret"),
            most,
            |url, authorization| {
                asked.push((url.to_owned(), authorization.map(str::to_owned)));
                let (status, to) = answers.next().unwrap();
                Ok(answer(*status, to))
            },
        );
        let done = done.map(|it| (it.response.status().as_u16(), it.challenge().is_some()));
        (asked, done)
    }

    fn check(answers: &[(u16, &str)], expected: &[&str], ends: (u16, bool)) {
        let (asked, done) = asked(REDIRECTS, answers);
        let urls: Vec<&str> = asked.iter().map(|(url, _)| url.as_str()).collect();
        assert_eq!(urls, expected);
        // The credential is for the first address, also where the next one is of the same host.
        let given: Vec<bool> = asked.iter().map(|(_, given)| given.is_some()).collect();
        assert_eq!(
            given,
            urls.iter()
                .enumerate()
                .map(|(at, _)| at == 0)
                .collect::<Vec<_>>()
        );
        assert_eq!(done.unwrap(), ends);
    }

    #[test]
    fn the_first_address_alone_gets_a_credential_and_may_ask_for_one() {
        let first = "https://hub.example/a/b";
        check(&[(200, "")], &[first], (200, false));
        check(&[(401, "https://evil.example/")], &[first], (401, true));
        check(
            &[(307, "https://store.example/x"), (200, "")],
            &[first, "https://store.example/x"],
            (200, false),
        );
        check(
            &[(302, "c"), (308, "/d"), (401, "")],
            &[first, "https://hub.example/a/c", "https://hub.example/d"],
            (401, false),
        );
        check(
            &[(307, "https://evil.example/"), (401, "")],
            &[first, "https://evil.example/"],
            (401, false),
        );
    }

    #[test]
    fn chains_end_and_lead_to_addresses_only() {
        let round = [(307, "https://hub.example/")];
        let (asked_of, done) = asked(REDIRECTS, &round.repeat(9));
        assert_eq!(asked_of.len(), 6);
        assert!(matches!(done, Err(FetchError::Redirects)));
        let (asked_of, done) = asked(0, &round);
        assert_eq!((asked_of.len(), done.unwrap()), (1, (307, false)));
        for to in [
            "https://me@hub.example/",
            "https://:x@hub.example/",
            "https://[",
        ] {
            let (asked_of, done) = asked(REDIRECTS, &[(307, to)]);
            assert_eq!(asked_of.len(), 1);
            assert!(matches!(done, Err(FetchError::Address(_))), "{to}");
        }
    }
}
