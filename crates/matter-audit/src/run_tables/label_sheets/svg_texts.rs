use factory_fs::utf8;
use zeroize::Zeroizing;

use super::LabelLines;

/// Returns the texts of each group of an SVG.
pub(super) fn labels(bytes: &[u8]) -> Result<Vec<LabelLines>, String> {
    let text = utf8(bytes).map_err(|error| error.to_string())?;
    if !text.contains("<svg") {
        return Err("it is not an SVG".into());
    }
    if !text.trim_end().ends_with("</svg>") {
        return Err("it has no end".into());
    }
    let groups = text
        .split("<g")
        .skip(1)
        .map(|group| group.split("</g>").next().unwrap_or_default());
    let labels = groups.map(|group| group.split("<text").skip(1).filter_map(line).collect::<LabelLines>());
    Ok(labels.filter(|label| !label.is_empty()).collect())
}

/// Returns the text of an element, from after the start of its tag.
fn line(element: &str) -> Option<Zeroizing<String>> {
    let (_, content) = element.split_once('>')?;
    let (content, _) = content.split_once("</text>")?;
    let mut text = Zeroizing::new(String::with_capacity(content.len()));
    let mut rest = content;
    while let Some((before, tail)) = rest.split_once('&') {
        text.push_str(before);
        let (name, after) = tail.split_once(';')?;
        text.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            other => {
                let digits = other.strip_prefix('#')?;
                let (digits, radix) = match digits.strip_prefix('x') {
                    Some(digits) => (digits, 16),
                    None => (digits, 10),
                };
                // `from_str_radix` accepts a sign.
                let number = u32::from_str_radix(digits, radix).ok();
                char::from_u32(number.filter(|_| !digits.starts_with('+'))?)?
            }
        });
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn texts_are_read_group_by_group() {
        let svg = "<svg><g><path d=\"\"/><text x=\"1\">a&amp;b &lt;&#65;&#x42;</text><text>c</text></g>\n<g></g><g><text>d</text></g></svg>\n";
        let labels = labels(svg.as_bytes()).unwrap();
        let texts = labels
            .iter()
            .map(|label| label.iter().map(|line| line.as_str()).collect::<Vec<_>>());
        assert_eq!(texts.collect::<Vec<_>>(), [vec!["a&b <AB", "c"], vec!["d"]]);
        assert!(super::labels(b"<svg><g>").is_err() && super::labels(b"\xFF").is_err());
        assert_eq!(line(">&#65;</text>").unwrap().as_str(), "A");
        for signed in [">&#+65;</text>", ">&#x+41;</text>"] {
            assert!(line(signed).is_none());
        }
    }
}
