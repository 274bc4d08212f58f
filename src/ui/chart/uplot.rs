//! The thin binding to uPlot, through one small JavaScript class.

use js_sys::{Array, Float64Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use crate::app::run_view::charts::{ChartData, Series};

#[wasm_bindgen(module = "/src/ui/chart/chart.js")]
extern "C" {
    type LiveChart;

    #[wasm_bindgen(constructor)]
    fn new(
        element: &HtmlElement,
        unit: &str,
        series: &Array,
        on_visible: &js_sys::Function,
        on_pick: &js_sys::Function,
        state: &JsValue,
    ) -> LiveChart;

    #[wasm_bindgen(method, getter)]
    fn visible(this: &LiveChart) -> bool;

    /// What a person has set: the zoom, and which series are shown.
    #[wasm_bindgen(method)]
    fn state(this: &LiveChart) -> JsValue;

    #[wasm_bindgen(method)]
    fn update(this: &LiveChart, columns: &Array, marks: &Float64Array);

    #[wasm_bindgen(method)]
    fn destroy(this: &LiveChart);
}

/// A chart on the page; gone from it when dropped.
pub struct Plot {
    chart: LiveChart,
    labels: Vec<String>,
    _on_visible: Closure<dyn FnMut()>,
    _on_pick: Closure<dyn FnMut(f64)>,
}

impl Plot {
    /// `on_visible` is called whenever the chart comes into view, `on_pick` with the second of a point that is picked. `before` gives way to this one.
    pub fn new(
        element: &HtmlElement,
        unit: &str,
        series: &[Series],
        on_visible: impl FnMut() + 'static,
        on_pick: impl FnMut(f64) + 'static,
        before: Option<Self>,
    ) -> Self {
        let state = before.map_or(JsValue::UNDEFINED, |before| before.chart.state());
        let on_visible = Closure::new(on_visible);
        let on_pick = Closure::new(on_pick);
        let chart = LiveChart::new(
            element,
            unit,
            &series.iter().map(options).collect(),
            AsRef::<JsValue>::as_ref(&on_visible).unchecked_ref(),
            AsRef::<JsValue>::as_ref(&on_pick).unchecked_ref(),
            &state,
        );
        Self { chart, labels: labels(series), _on_visible: on_visible, _on_pick: on_pick }
    }

    /// Whether any part of it is in view: what nobody sees is not drawn.
    pub fn is_visible(&self) -> bool {
        self.chart.visible()
    }

    /// It has exactly these series.
    pub fn fits(&self, series: &[Series]) -> bool {
        self.labels == labels(series)
    }

    pub fn show(&self, data: &ChartData) {
        let columns = Array::of1(&Float64Array::from(data.seconds.as_slice()));
        for series in &data.series {
            columns.push(&Float64Array::from(series.values.as_slice()));
        }
        self.chart.update(&columns, &Float64Array::from(data.marks.as_slice()));
    }
}

impl Drop for Plot {
    fn drop(&mut self) {
        self.chart.destroy();
    }
}

fn labels(series: &[Series]) -> Vec<String> {
    series.iter().map(|series| series.label.clone()).collect()
}

fn options(series: &Series) -> Object {
    let options = Object::new();
    let fields: [(&str, JsValue); 3] = [
        ("label", series.label.as_str().into()),
        ("reference", series.is_reference.into()),
        ("hidden", series.starts_hidden.into()),
    ];
    for (name, value) in fields {
        Reflect::set(&options, &name.into(), &value).expect("a fresh object takes every field");
    }
    options
}
