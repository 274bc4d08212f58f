//! The chart library as this page was served with it, as text: a saved report carries it along.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Response, Url};

use app::run::save::ChartParts;

/// `None`: the server does not hand it out a second time.
pub async fn chart_parts() -> Option<ChartParts> {
    let document = web_sys::window()?.document()?;
    let address = |selector: &str, attribute: &str| {
        let element = document.query_selector(selector).ok().flatten()?;
        absolute(&element.get_attribute(attribute)?, &document.base_uri().ok()??)
    };
    let script = text(&address("script[src*='uPlot']", "src")?).await?;
    let style = text(&address("link[href*='uPlot']", "href")?).await?;
    // A server of single-page applications answers with the page for whatever it does not know.
    let licence = text(&absolute(LICENCE, &document.base_uri().ok()??)?).await.filter(|text| !text.starts_with('<'))?;
    Some(ChartParts { script, style, licence })
}

/// Where `index.html` has it put.
const LICENCE: &str = "licences/uplot/LICENSE";

fn absolute(address: &str, base: &str) -> Option<String> {
    Url::new_with_base(address, base).ok().map(|url| url.href())
}

async fn text(address: &str) -> Option<String> {
    let answer = JsFuture::from(web_sys::window()?.fetch_with_str(address)).await.ok()?;
    let answer: Response = answer.dyn_into().ok().filter(Response::ok)?;
    JsFuture::from(answer.text().ok()?).await.ok()?.as_string()
}
