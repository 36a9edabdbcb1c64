//! Passes streams and futures to the host and back.

use wit_bindgen::{FutureReader, StreamReader};

use crate::Pipes;
use crate::exports::guests::pipes::positions::Guest;
use crate::guests::pipes::parcels::{Either, Parcel};
use crate::guests::pipes::positions as host;

impl Guest for Pipes {
    fn pass_stream(it: StreamReader<u8>) -> StreamReader<u8> {
        host::pass_stream(it)
    }

    fn pass_future(it: FutureReader<String>) -> FutureReader<String> {
        host::pass_future(it)
    }

    fn pass_record(it: Parcel) -> Parcel {
        host::pass_record(it)
    }

    fn pass_variant(it: Either) -> Either {
        host::pass_variant(it)
    }

    fn pass_list(it: Vec<StreamReader<u32>>) -> Vec<StreamReader<u32>> {
        host::pass_list(it)
    }

    fn pass_option(it: Option<FutureReader<u8>>) -> Option<FutureReader<u8>> {
        host::pass_option(it)
    }

    fn pass_result(
        it: Result<StreamReader<u8>, FutureReader<String>>,
    ) -> Result<StreamReader<u8>, FutureReader<String>> {
        host::pass_result(it)
    }

    fn pass_tuple(
        it: (u8, StreamReader<Parcel>, FutureReader<Vec<String>>),
    ) -> (u8, StreamReader<Parcel>, FutureReader<Vec<String>>) {
        host::pass_tuple(it)
    }

    fn pass_stream_of_streams(
        it: StreamReader<StreamReader<u8>>,
    ) -> StreamReader<StreamReader<u8>> {
        host::pass_stream_of_streams(it)
    }

    fn pass_future_of_stream(
        it: FutureReader<StreamReader<String>>,
    ) -> FutureReader<StreamReader<String>> {
        host::pass_future_of_stream(it)
    }

    fn pass_stream_of_futures(
        it: StreamReader<FutureReader<u32>>,
    ) -> StreamReader<FutureReader<u32>> {
        host::pass_stream_of_futures(it)
    }

    fn pass_signal(it: FutureReader<()>) -> FutureReader<()> {
        host::pass_signal(it)
    }

    async fn pass_later(it: Parcel) -> Parcel {
        host::pass_later(it).await
    }
}
