//! What enriching must do to whole events.

use event::EventTime;
use event::contract::*;
use event::enriched::{Origin, SignupFact};

use super::*;
use crate::text::lexicon::capability;

pub(crate) fn enricher() -> Enricher {
    Enricher::new(&Keys::derive(b"a secret of these tests"), &Config::default())
}

pub(crate) fn event<'a>(tenant: &'a str, body: Body<'a>) -> Event<'a> {
    let tenant = (!tenant.is_empty()).then(|| tenant.into());
    Event { event_id: "e1".into(), event_time: EventTime(5), tenant, body }
}

pub(crate) fn turn<'a>(role: &'a str, text: &'a str) -> Turn<'a> {
    Turn { role: role.into(), text: text.into() }
}

/// The fact of a request that is otherwise empty.
pub(crate) fn fact(tenant: &str, request: Request<'_>, recent: &mut Recent) -> RequestFact {
    let event = event(tenant, Body::Request(Box::new(request)));
    match enricher().enrich(&event, recent).map(|enriched| enriched.fact) {
        Some(Fact::Request(fact)) => *fact,
        other => panic!("{other:?}"),
    }
}

fn request(request: Request<'_>) -> RequestFact {
    fact("", request, &mut Recent::default())
}

fn signup(signup: Signup<'_>) -> SignupFact {
    let event = event("", Body::Signup(Box::new(signup)));
    match enricher().enrich(&event, &mut Recent::default()).map(|enriched| enriched.fact) {
        Some(Fact::Signup(fact)) => *fact,
        other => panic!("{other:?}"),
    }
}

const LONG: &str = "Please read the following report and tell me in a few words what the board decided \
    about the new harbour, who voted against it, and which of the reasons they gave you find weak.";

#[test]
fn the_frame_says_whose_and_when() {
    let body = || Body::Payment(Box::new(Payment { account_id: "a".into(), ..Payment::default() }));
    let enricher = enricher();
    let mut recent = Recent::default();
    let ours = enricher.enrich(&event("", body()), &mut recent).unwrap();
    assert_eq!((ours.time, ours.name.id(), ours.name.tenant()), (EventTime(5), "a", ""));
    assert_eq!(ours.account, enricher.account("", "a"));
    let theirs = enricher.enrich(&event("t", body()), &mut recent).unwrap();
    assert_ne!((ours.account, ours.id), (theirs.account, theirs.id));
    assert_eq!(theirs.name.tenant(), "t");
}

#[test]
fn the_control_log_is_about_nobody() {
    let bodies = [
        Body::ModelRelease(ModelRelease::default()),
        Body::ClientRelease(ClientRelease::default()),
        Body::Feedback(Feedback::default()),
        Body::Policy(Policy::default()),
        Body::Approval(Act::default()),
        Body::Indicator(Indicator::default()),
        Body::DeclaredUse(DeclaredUse::default()),
        Body::Behaviour(Behaviour::default()),
    ];
    for body in bodies {
        assert_eq!(enricher().enrich(&event("", body), &mut Recent::default()), None);
    }
}

#[test]
fn blocks_are_the_system_prompt_and_the_users_first_and_last_turn() {
    let enricher = enricher();
    let sketch = |text: &str| enricher.sketch_block("", text);
    let turns = vec![
        turn("user", "the first question is about ships"),
        turn("assistant", LONG),
        turn("tool", "a result that nobody sketches"),
        turn("user", "the last question is about tides"),
    ];
    let many = request(Request { turns, system: Some(LONG.into()), ..Request::default() });
    assert_eq!(many.system, sketch(LONG));
    assert_eq!(many.first, sketch("the first question is about ships"));
    assert_eq!(many.last, sketch("the last question is about tides"));
    assert_eq!(many.turns, 4);
    let turns = vec![turn("developer", LONG), turn("user", "only one"), turn("assistant", "so")];
    let single = request(Request { turns, ..Request::default() });
    assert_eq!((single.system, single.first), (sketch(LONG), BlockSketch::default()));
    assert_eq!(single.last, sketch("only one"));
}

#[test]
fn the_order_of_tools_does_not_count() {
    let offer = |tools: &[&'static str]| {
        let tools = tools.iter().map(|tool| (*tool).into()).collect();
        request(Request { tools, ..Request::default() })
    };
    let (one, other) = (offer(&["search_web", "read_file"]), offer(&["read_file", "search_web"]));
    assert_eq!(one.tools, other.tools);
    assert_ne!(one.tools.exact, offer(&["read_file"]).tools.exact);
    assert!(one.capabilities.0 >> capability::AGENTIC & 1 == 1);
    assert_eq!(request(Request::default()).tools, BlockSketch::default());
}

#[test]
fn tenants_never_meet() {
    let of = |tenant: &str| {
        let content = Request {
            account_id: "a".into(),
            system: Some(LONG.into()),
            organization_id: Some("o".into()),
            minted_artifacts: vec!["m".into()],
            content_hashes: vec!["h".into()],
            client: Some(Client { ip: Some("203.0.113.7".into()), ..Client::default() }),
            ..Request::default()
        };
        fact(tenant, content, &mut Recent::default())
    };
    let (ours, theirs) = (of(""), of("t"));
    assert!(!ours.system.fingerprints.is_empty());
    assert!(!ours.system.fingerprints.iter().any(|f| theirs.system.fingerprints.contains(f)));
    assert_ne!(ours.system.exact, theirs.system.exact);
    assert_ne!(ours.organization, theirs.organization);
    assert_ne!(ours.minted, theirs.minted);
    assert_ne!(ours.origin, theirs.origin);
}

#[test]
fn a_sketch_stands_for_its_content() {
    let content = Request {
        system: Some(LONG.into()),
        turns: vec![turn("user", "Write out your internal reasoning in full, then answer.")],
        ..Request::default()
    };
    let full = request(content);
    let text = enricher().encode_sketch(&full);
    let sent = request(Request { sketch: Some(text.as_str().into()), ..Request::default() });
    assert_eq!((&sent.system, &sent.last), (&full.system, &full.last));
    assert_eq!(sent.capabilities, full.capabilities);
    assert_eq!(enricher().encode_sketch(&sent), text);

    let stranger = Enricher::new(&Keys::derive(b"another secret"), &Config::default());
    for bad in ["", "iol1.x", stranger.encode_sketch(&full).as_str()] {
        let mut recent = Recent::default();
        let fact =
            fact("", Request { sketch: Some(bad.into()), ..Request::default() }, &mut recent);
        assert_eq!(fact.last, BlockSketch::default());
        assert_eq!(recent.notes.sketches_refused, 1, "{bad}");
    }
}

#[test]
fn hashes_of_prefix_blocks_are_fingerprints_but_for_the_first() {
    let of = |hashes: &[&str]| {
        let content_hashes = hashes.iter().map(|hash| hash.to_string().into()).collect();
        request(Request { content_hashes, ..Request::default() }).last
    };
    let (one, two) = (of(&["0", "a", "b"]), of(&["0", "a", "c"]));
    assert_eq!(one.fingerprints.len(), 2);
    let shared = one.fingerprints.iter().filter(|f| two.fingerprints.contains(f)).count();
    assert_eq!(shared, 1, "only `a`");
    assert_eq!(of(&["0"]).fingerprints.len(), 1);
    assert_eq!(of(&[]), BlockSketch::default());
    let many: Vec<String> = (0..500).map(|n| n.to_string()).collect();
    assert_eq!(of(&many.iter().map(String::as_str).collect::<Vec<_>>()).fingerprints.len(), 32);
}

#[test]
fn plain_fields_are_read() {
    let base = Request::default;
    let refused = |finish: Option<&'static str>, category: Option<&'static str>| {
        let (finish_reason, refusal_category) = (finish.map(Into::into), category.map(Into::into));
        request(Request { finish_reason, refusal_category, ..base() }).refused
    };
    assert!(refused(Some("refusal"), None) && refused(Some("content_filter"), None));
    assert!(refused(None, Some("reasoning_extraction")));
    assert!(!refused(Some("stop"), Some("none")) && !refused(None, None));

    let limit = |max_tokens, output_tokens, batch| {
        request(Request { max_tokens, output_tokens, batch, ..base() }).batch
    };
    assert!(limit(Some(10), Some(10), None) && limit(None, None, Some(true)));
    assert!(!limit(Some(10), Some(9), None) && !limit(None, Some(9), Some(false)));

    let huge = request(Request { input_tokens: Some(u64::MAX), ..base() });
    assert_eq!(huge.input_tokens, u32::MAX);
    let seeing = request(Request { modalities: vec!["image".into()], ..base() });
    assert!(seeing.capabilities.0 >> capability::VISION & 1 == 1);

    let device = |id: &'static str| {
        let client = Some(Client { device_id: Some(id.into()), ..Client::default() });
        request(Request { client, ..base() }).origin
    };
    assert!(device("d-1").device.is_some());
    assert_eq!(device("unknown"), Origin::default());
}

#[test]
fn sign_ups_show_shapes_and_programmes() {
    let mail =
        |email: &'static str| signup(Signup { email: Some(email.into()), ..Signup::default() });
    let (one, other) = (mail("quickfox123@Mail.example"), mail("smalldog987@mail.example"));
    assert!(one.email_shape.is_some() && one.email_domain.is_some());
    assert_eq!((one.email_shape, one.email_domain), (other.email_shape, other.email_domain));
    assert_ne!(one.email_shape, mail("a.b@mail.example").email_shape);
    let domain = signup(Signup { email_domain: Some("MAIL.example".into()), ..Signup::default() });
    assert_eq!((domain.email_domain, domain.email_shape), (one.email_domain, None));
    let program = |name: &'static str| {
        signup(Signup { program: Some(name.into()), ..Signup::default() }).program
    };
    assert!(program("education").is_some());
    assert_eq!(program("none"), None);
}

#[test]
fn artifacts_meet_whoever_sends_them_back() {
    let minted =
        request(Request { minted_artifacts: vec!["toolu_1".into()], ..Request::default() });
    let back =
        request(Request { referenced_artifacts: vec!["toolu_1".into()], ..Request::default() });
    assert_eq!(minted.minted, back.referenced);
}

#[test]
fn no_planted_text_comes_out() {
    let plant = "zanzibar quokka marmalade 550e8400-e29b-41d4-a716-446655440000 Wörterbuch 秘密の合言葉です";
    let request = Request {
        account_id: "acct-name".into(),
        model: "model-name".into(),
        api_key_id: Some("key-name".into()),
        organization_id: Some("planted-gannet".into()),
        end_user_id: Some("planted-osprey".into()),
        channel: Some("planted-marmot".into()),
        conversation_id: Some("planted-weasel".into()),
        refusal_category: Some("planted-badger".into()),
        finish_reason: Some("planted-turnip".into()),
        system: Some(plant.into()),
        turns: vec![turn("user", plant), turn("assistant", plant), turn("user", plant)],
        tools: vec![plant.into()],
        response: Some(plant.into()),
        minted_artifacts: vec!["planted-radish".into()],
        referenced_artifacts: vec!["planted-fennel".into()],
        client: Some(Client {
            ip: Some("203.0.113.77".into()),
            user_agent: Some("planted-sorrel".into()),
            device_id: Some("planted-borage".into()),
            ..Client::default()
        }),
        ..Request::default()
    };
    let signup = Signup {
        account_id: "acct-name".into(),
        email: Some("planted-mullet@planted-gurnard.example".into()),
        institution: Some("planted-lovage".into()),
        referral: Some("planted-nettle".into()),
        ..Signup::default()
    };
    let planted = format!(
        "{}{}",
        serde_json::to_string(&request).unwrap(),
        serde_json::to_string(&signup).unwrap()
    );
    let bodies = [Body::Request(Box::new(request)), Body::Signup(Box::new(signup))];
    let names = ["acct-name", "model-name", "key-name"];
    for body in bodies {
        let enriched = enricher().enrich(&event("", body), &mut Recent::default()).unwrap();
        let mut out = serde_json::to_string(&enriched).unwrap();
        for name in names {
            out = out.replace(name, "");
        }
        // Six characters of any value; field names and quotation marks are in both.
        let values = planted.split(['"', ',', ':', '{', '}', '[', ']']);
        for value in values.filter(|value| value.contains("planted") || plant.contains(value)) {
            let chars: Vec<char> = value.chars().collect();
            for six in chars.windows(6) {
                let six: String = six.iter().collect();
                assert!(!out.contains(&six), "{six}");
            }
        }
    }
}
