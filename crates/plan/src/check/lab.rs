//! Faults for `lab`, by the tables that define them.

use document::{Node, Type};
use faults::LabFaults;
use serde::Deserialize;

pub(super) fn lab_faults(node: &Node<'_>) -> Option<LabFaults> {
    let faults = node.is(&Type::Object(&LabFaults::OBJECT)).then(|| LabFaults::deserialize(node.value()).ok())??;
    if let Some((_, message)) = faults.problem() {
        node.problem(message);
    }
    Some(faults)
}
