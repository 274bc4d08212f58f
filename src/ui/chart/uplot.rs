//! The thin binding to uPlot, through one small JavaScript class.

use js_sys::{Array, Float64Array, Object, Reflect};
use leptos::prelude::{Callable, Callback};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use app::run::view::charts::{ChartData, ChartMark, ChartSeries};

#[wasm_bindgen(module = "/src/ui/chart/chart.js")]
extern "C" {
    /// Whether what draws charts was loaded.
    #[wasm_bindgen(js_name = canDraw)]
    pub fn can_draw() -> bool;

    type LiveChart;

    #[wasm_bindgen(constructor, catch)]
    fn new(
        element: &HtmlElement,
        unit: &str,
        series: &Array,
        on_visible: &js_sys::Function,
        on_pick: &JsValue,
        state: &JsValue,
    ) -> Result<LiveChart, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn visible(this: &LiveChart) -> bool;

    /// What a person has set: the zoom, and which series are shown.
    #[wasm_bindgen(method)]
    fn state(this: &LiveChart) -> JsValue;

    #[wasm_bindgen(method, catch)]
    fn update(this: &LiveChart, columns: &Array, marks: &Array, suspect: &Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method)]
    fn destroy(this: &LiveChart);
}

/// A chart on the page; gone from it when dropped.
pub struct Plot {
    chart: LiveChart,
    labels: Vec<String>,
    _on_visible: Closure<dyn FnMut()>,
    _on_pick: Option<Closure<dyn FnMut(f64)>>,
}

impl Plot {
    /// `on_visible` is called whenever the chart comes into view, `on_pick` with the second of a point that is picked. `before` gives
    /// way to this one.
    ///
    /// # Errors
    /// The library was not loaded, or this browser is not what it expects: what it said.
    pub fn new(
        element: &HtmlElement,
        unit: &str,
        series: &[ChartSeries],
        on_visible: impl FnMut() + 'static,
        on_pick: Option<Callback<f64>>,
        before: Option<Self>,
    ) -> Result<Self, String> {
        let state = before.map_or(JsValue::UNDEFINED, |before| before.chart.state());
        let on_visible = Closure::new(on_visible);
        let on_pick = on_pick.map(|on_pick| Closure::new(move |at_s| on_pick.run(at_s)));
        let chart = LiveChart::new(
            element,
            unit,
            &series.iter().map(options).collect(),
            AsRef::<JsValue>::as_ref(&on_visible).unchecked_ref(),
            on_pick.as_ref().map_or(&JsValue::UNDEFINED, AsRef::as_ref),
            &state,
        );
        let chart = chart.map_err(|error| said(&error))?;
        Ok(Self { chart, labels: labels(series), _on_visible: on_visible, _on_pick: on_pick })
    }

    /// Whether any part of it is in view: what nobody sees is not drawn.
    pub fn is_visible(&self) -> bool {
        self.chart.visible()
    }

    /// It has exactly these series.
    pub fn fits(&self, series: &[ChartSeries]) -> bool {
        self.labels == labels(series)
    }

    /// # Errors
    /// As above.
    pub fn show(&self, data: &ChartData) -> Result<(), String> {
        let columns = Array::of1(&Float64Array::from(data.seconds.as_slice()));
        for series in &data.series {
            columns.push(&Float64Array::from(series.values.as_slice()));
        }
        let suspect = data.suspect.iter().map(|&(from, to)| Array::of2(&from.into(), &to.into())).collect();
        let marks = data.marks.iter().map(mark).collect();
        self.chart.update(&columns, &marks, &suspect).map_err(|error| said(&error))
    }
}

impl Drop for Plot {
    fn drop(&mut self) {
        self.chart.destroy();
    }
}

/// An exception in words.
fn said(error: &JsValue) -> String {
    let error: Option<&js_sys::Error> = error.dyn_ref();
    error.map_or_else(|| "an unknown error".to_owned(), |error| String::from(error.message()))
}

fn labels(series: &[ChartSeries]) -> Vec<String> {
    series.iter().map(|series| series.label.clone()).collect()
}

fn options(series: &ChartSeries) -> Object {
    object([
        ("label", series.label.as_str().into()),
        ("reference", series.is_reference.into()),
        ("hidden", series.starts_hidden.into()),
    ])
}

/// Named as in a saved report.
fn mark(mark: &ChartMark) -> Object {
    let series = mark.series.map_or(JsValue::UNDEFINED, |series| (series as u32).into());
    object([("at_s", mark.at_s.into()), ("label", mark.label.as_str().into()), ("series", series)])
}

fn object<const N: usize>(fields: [(&str, JsValue); N]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &name.into(), &value).expect("a fresh object takes every field");
    }
    object
}
