//! A name that one page at a time holds, as long as it lives: the browser takes it from a page that is gone, however it went.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// Fails where there are no locks: on pages that are neither encrypted nor of this machine.
    #[wasm_bindgen(js_namespace = ["navigator", "locks"], js_name = request, catch)]
    fn request(name: &str, granted: &Function) -> Result<Promise, JsValue>;
}

/// Given back when dropped.
pub struct Lock(Rc<RefCell<Option<Function>>>);

impl Lock {
    /// Waits until nobody else holds it. `None`: this browser has no locks here.
    pub async fn hold(name: &str) -> Option<Self> {
        let release: Rc<RefCell<Option<Function>>> = Rc::default();
        let is_missing = Rc::new(Cell::new(false));
        let granted = Promise::new(&mut |resolve, _| {
            let (release, told) = (Rc::clone(&release), resolve.clone());
            // The lock is held until the promise that this gives is resolved.
            let on_granted = Closure::once_into_js(move |_lock: JsValue| -> Promise {
                let _ = told.call0(&JsValue::NULL);
                Promise::new(&mut |done, _| *release.borrow_mut() = Some(done))
            });
            if request(name, on_granted.unchecked_ref()).is_err() {
                is_missing.set(true);
                let _ = resolve.call0(&JsValue::NULL);
            }
        });
        // It is only ever resolved.
        let _ = JsFuture::from(granted).await;
        (!is_missing.get()).then_some(Self(release))
    }

    /// Where there are none.
    pub fn none() -> Self {
        Self(Rc::default())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(release) = self.0.borrow_mut().take() {
            let _ = release.call0(&JsValue::NULL);
        }
    }
}
