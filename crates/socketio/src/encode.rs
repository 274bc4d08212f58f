//! Packets to frames.

use super::packet::Packet;
use base::json;

/// Writes a packet as a whole text frame, the Engine.IO message type `4` included.
///
/// Raw JSON in the packet is written as it is. The format has no way to write a namespace with a comma.
pub fn encode(namespace: &str, packet: &Packet<'_>) -> String {
    match packet {
        Packet::Connect { data } => header('0', 0, namespace, None, data.len()) + data,
        Packet::Disconnect => header('1', 0, namespace, None, 0),
        Packet::Event { name, args, ack, attachments } => {
            let kind = if *attachments == 0 { '2' } else { '5' };
            let name = json::quote(name);
            let mut frame = header(kind, *attachments, namespace, *ack, name.len() + args.len() + 3);
            frame.push('[');
            frame.push_str(&name);
            if !args.is_empty() {
                frame.push(',');
                frame.push_str(args);
            }
            frame.push(']');
            frame
        }
        Packet::Ack { id, args, attachments } => {
            let kind = if *attachments == 0 { '3' } else { '6' };
            header(kind, *attachments, namespace, Some(*id), args.len() + 2) + "[" + args + "]"
        }
        Packet::ConnectError { data } => header('4', 0, namespace, None, data.len()) + data,
    }
}

/// Everything before the payload, with room for it.
fn header(kind: char, attachments: usize, namespace: &str, id: Option<u64>, payload: usize) -> String {
    let mut frame = String::with_capacity(2 + namespace.len() + 1 + 2 * LONGEST_NUMBER + payload);
    frame.push('4');
    frame.push(kind);
    if attachments > 0 {
        frame.push_str(&attachments.to_string());
        frame.push('-');
    }
    if namespace != "/" {
        frame.push_str(namespace);
        frame.push(',');
    }
    if let Some(id) = id {
        frame.push_str(&id.to_string());
    }
    frame
}

/// Digits of the largest id, 2^64 - 1.
const LONGEST_NUMBER: usize = 20;
