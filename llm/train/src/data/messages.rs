//! Prompts that are given as messages, as in the data sets of TRL and verl.

use super::cell::ColumnValue;

/// What a list of messages asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    /// The text of the user.
    pub(super) question: String,
    /// The text of the system message before it.
    pub(super) system: Option<String>,
}

const ALLOWED: &str = "allowed: one message of the user, and before it one of the system; \
                       or name the column inside it, such as problem=prompt.0.content";

/// Reads a list of messages, `{role, content}` each.
///
/// # Errors
/// A conversation of several turns, other roles, and contents that are not text.
pub(super) fn asked(messages: &[ColumnValue]) -> Result<Asked, String> {
    let (mut question, mut system) = (None, None);
    for (at, message) in messages.iter().enumerate() {
        let (role, text) = role_and_text(message)
            .map_err(|problem| format!("message {at} {problem}; {ALLOWED}"))?;
        let place = match role {
            "user" => &mut question,
            "system" | "developer" if question.is_none() => &mut system,
            other => return Err(format!("message {at} has the role {other:?}; {ALLOWED}")),
        };
        if place.replace(text).is_some() {
            return Err(format!("has several messages with the role {role:?}; {ALLOWED}"));
        }
    }
    let question = question.ok_or_else(|| format!("has no message of the user; {ALLOWED}"))?;
    Ok(Asked { question, system })
}

fn role_and_text(message: &ColumnValue) -> Result<(&str, String), String> {
    let ColumnValue::Object(fields) = message else {
        return Err(format!("is {}, not an object of role and content", message.kind()));
    };
    let Some(ColumnValue::Text(role)) = fields.get("role") else {
        return Err("has no text 'role'".to_owned());
    };
    match fields.get("content") {
        Some(ColumnValue::Text(text)) => Ok((role, text.clone())),
        Some(ColumnValue::List(parts)) => {
            Ok((role, parts.iter().map(part).collect::<Result<_, _>>()?))
        }
        other => Err(format!("has {} for 'content'", other.map_or("nothing", ColumnValue::kind))),
    }
}

/// The text of a part of a content; pictures and the like are refused.
fn part(part: &ColumnValue) -> Result<String, String> {
    let ColumnValue::Object(fields) = part else {
        return Err("has a part that is not an object".into());
    };
    match fields.get("text") {
        Some(ColumnValue::Text(text)) => Ok(text.clone()),
        _ => Err("has a part without text".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Asked, String> {
        let raw: Box<serde_json::value::RawValue> = serde_json::from_str(json).unwrap();
        let ColumnValue::List(messages) = ColumnValue::of_json(&raw)? else {
            panic!("a list: {json}")
        };
        asked(&messages)
    }

    #[test]
    fn a_question_may_have_a_system_message() {
        let text =
            r#"[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1+1?"}]"#;
        let asked = read(text).unwrap();
        assert_eq!((asked.question.as_str(), asked.system.as_deref()), ("1+1?", Some("Be brief.")));
        let parts =
            r#"[{"role": "user", "content": [{"type": "text", "text": "1"}, {"text": "+1"}]}]"#;
        assert_eq!(read(parts).unwrap(), Asked { question: "1+1".into(), system: None });
    }

    #[test]
    fn what_is_not_one_question_is_refused() {
        for text in [
            "[]",
            r#"["1+1?"]"#,
            r#"[{"role": "system", "content": "Be brief."}]"#,
            r#"[{"role": "user", "content": null}]"#,
            r#"[{"role": "user", "content": [{"type": "image"}]}]"#,
            r#"[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]"#,
            r#"[{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]"#,
            r#"[{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]"#,
        ] {
            let error = read(text).unwrap_err();
            assert!(error.ends_with(ALLOWED), "{error}");
        }
    }
}
