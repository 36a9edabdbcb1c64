//! The second component of a pipeline of three.

wit_bindgen::generate!({ path: "../../wit/pipeline.wit", world: "middle" });

use exports::guests::pipeline::squares::Guest;
use guests::pipeline::numbers;
use wit_bindgen::{StreamReader, StreamResult};

struct Middle;

export!(Middle);

impl Guest for Middle {
    async fn squares(to: u32) -> StreamReader<u32> {
        let mut numbers = numbers::count(to).await;
        let (mut writer, reader) = wit_stream::new();
        wit_bindgen::spawn_local(async move {
            loop {
                let (result, read) = numbers.read(Vec::with_capacity(100)).await;
                let squares = read.into_iter().map(|it| it * it).collect();
                let is_over = matches!(result, StreamResult::Dropped);
                if !writer.write_all(squares).await.is_empty() || is_over {
                    return;
                }
            }
        });
        reader
    }
}
