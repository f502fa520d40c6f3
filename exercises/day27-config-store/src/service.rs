//! gRPC. A request becomes a job for the engine, and its result the answer.

use crate::{
    engine::Engine,
    fault::Fault,
    kv,
    proto::{
        etcdserverpb::{
            CompactionRequest, CompactionResponse, DeleteRangeRequest, DeleteRangeResponse, LeaseGrantRequest,
            LeaseGrantResponse, LeaseKeepAliveRequest, LeaseKeepAliveResponse, LeaseLeasesRequest, LeaseLeasesResponse,
            LeaseRevokeRequest, LeaseRevokeResponse, LeaseStatus, LeaseTimeToLiveRequest, LeaseTimeToLiveResponse,
            PutRequest, PutResponse, RangeRequest, RangeResponse, TxnRequest, TxnResponse, WatchRequest, WatchResponse,
            kv_server::{Kv, KvServer},
            lease_server::{Lease, LeaseServer},
            watch_server::{Watch, WatchServer},
        },
        wal::{Granted, Record},
    },
    state::State,
    watch as watches,
};
use plumbing::Failure;
use std::time::Duration;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
};
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use tonic::{
    Request, Response, Status, Streaming,
    transport::{Server, server::TcpIncoming},
};

/// Answers of one stream that wait for the network. Then the stream waits.
const WAITING_ANSWERS: usize = 4;
/// What is in flight gets this long after SIGTERM.
const GRACE: Duration = Duration::from_millis(1500);

/// Serves until SIGTERM, or until the engine has ended.
pub async fn serve(
    listener: TcpListener,
    engine: Engine,
    mut engine_end: oneshot::Receiver<Result<(), Failure>>,
) -> Result<(), Failure> {
    let (stopping, stop) = watch::channel(false);
    let service = Service { engine, stop: stop.clone() };
    let mut stopped = stop;
    let server = Server::builder()
        .add_service(KvServer::new(service.clone()))
        .add_service(WatchServer::new(service.clone()))
        .add_service(LeaseServer::new(service))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), async move {
            let _ = stopped.wait_for(|stopping| *stopping).await;
        });
    tokio::pin!(server);
    tokio::select! {
        result = &mut server => return Ok(result?),
        signal = plumbing::shutdown_signal() => signal?,
        end = &mut engine_end => return end.unwrap_or_else(|_| Err(Failure::new("the engine's thread has panicked"))),
    }
    stopping.send_replace(true);
    tokio::select! {
        result = &mut server => Ok(result?),
        () = tokio::time::sleep(GRACE) => Ok(()),
    }
}

#[derive(Debug, Clone)]
struct Service {
    engine: Engine,
    /// Becomes true when the program is to end; streams have to end then.
    stop: watch::Receiver<bool>,
}

impl Service {
    async fn answer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut State) -> Result<T, Fault> + Send + 'static,
    ) -> Result<Response<T>, Status> {
        Ok(Response::new(self.engine.run(work).await??))
    }
}

#[tonic::async_trait]
impl Kv for Service {
    async fn range(&self, request: Request<RangeRequest>) -> Result<Response<RangeResponse>, Status> {
        let request = request.into_inner();
        self.answer(move |state| kv::range(state, &request)).await
    }

    async fn put(&self, request: Request<PutRequest>) -> Result<Response<PutResponse>, Status> {
        let request = request.into_inner();
        self.answer(move |state| kv::put(state, request)).await
    }

    async fn delete_range(
        &self,
        request: Request<DeleteRangeRequest>,
    ) -> Result<Response<DeleteRangeResponse>, Status> {
        let request = request.into_inner();
        self.answer(move |state| kv::delete_range(state, &request)).await
    }

    async fn txn(&self, request: Request<TxnRequest>) -> Result<Response<TxnResponse>, Status> {
        let request = request.into_inner();
        self.answer(move |state| kv::txn(state, request)).await
    }

    async fn compact(&self, request: Request<CompactionRequest>) -> Result<Response<CompactionResponse>, Status> {
        let request = request.into_inner();
        self.answer(move |state| kv::compact(state, &request)).await
    }
}

#[tonic::async_trait]
impl Watch for Service {
    type WatchStream = ReceiverStream<Result<WatchResponse, Status>>;

    async fn watch(&self, request: Request<Streaming<WatchRequest>>) -> Result<Response<Self::WatchStream>, Status> {
        let (outbox, answers) = mpsc::channel(WAITING_ANSWERS);
        tokio::spawn(watches::serve(self.engine.clone(), request.into_inner(), outbox, self.stop.clone()));
        Ok(Response::new(ReceiverStream::new(answers)))
    }
}

#[tonic::async_trait]
impl Lease for Service {
    type LeaseKeepAliveStream = ReceiverStream<Result<LeaseKeepAliveResponse, Status>>;

    async fn lease_grant(&self, request: Request<LeaseGrantRequest>) -> Result<Response<LeaseGrantResponse>, Status> {
        let LeaseGrantRequest { id, ttl } = request.into_inner();
        self.answer(move |state| {
            let (id, ttl) = state.leases.check_new(id, ttl)?;
            state.change(Record { granted: Some(Granted { id, ttl }), ..Record::default() });
            Ok(LeaseGrantResponse { header: state.header(), id, ttl, error: String::new() })
        })
        .await
    }

    async fn lease_revoke(
        &self,
        request: Request<LeaseRevokeRequest>,
    ) -> Result<Response<LeaseRevokeResponse>, Status> {
        let LeaseRevokeRequest { id } = request.into_inner();
        self.answer(move |state| {
            state.leases.get(id).ok_or(Fault::LeaseNotFound)?;
            state.revoke(id);
            Ok(LeaseRevokeResponse { header: state.header() })
        })
        .await
    }

    async fn lease_keep_alive(
        &self,
        request: Request<Streaming<LeaseKeepAliveRequest>>,
    ) -> Result<Response<Self::LeaseKeepAliveStream>, Status> {
        let (outbox, answers) = mpsc::channel(WAITING_ANSWERS);
        let (engine, mut stop, mut requests) = (self.engine.clone(), self.stop.clone(), request.into_inner());
        tokio::spawn(async move {
            let answer_all = async {
                while let Some(Ok(LeaseKeepAliveRequest { id })) = requests.next().await {
                    let work = move |state: &mut State| {
                        let ttl = state.leases.keep_alive(id).unwrap_or(0);
                        LeaseKeepAliveResponse { header: state.header(), id, ttl }
                    };
                    if outbox.send(engine.run(work).await).await.is_err() {
                        return;
                    }
                }
            };
            tokio::select! {
                () = answer_all => {}
                _ = stop.wait_for(|stopping| *stopping) => {}
            }
        });
        Ok(Response::new(ReceiverStream::new(answers)))
    }

    async fn lease_time_to_live(
        &self,
        request: Request<LeaseTimeToLiveRequest>,
    ) -> Result<Response<LeaseTimeToLiveResponse>, Status> {
        let LeaseTimeToLiveRequest { id, keys } = request.into_inner();
        self.answer(move |state| {
            let response = LeaseTimeToLiveResponse { header: state.header(), id, ttl: -1, ..Default::default() };
            let Some(lease) = state.leases.get(id) else { return Ok(response) };
            let keys = if keys { lease.keys.iter().cloned().collect() } else { Vec::new() };
            let (ttl, granted_ttl) = (state.leases.remaining(lease), lease.ttl);
            Ok(LeaseTimeToLiveResponse { ttl, granted_ttl, keys, ..response })
        })
        .await
    }

    async fn lease_leases(
        &self,
        _request: Request<LeaseLeasesRequest>,
    ) -> Result<Response<LeaseLeasesResponse>, Status> {
        self.answer(|state| {
            let leases = state.leases.ids().map(|id| LeaseStatus { id }).collect();
            Ok(LeaseLeasesResponse { header: state.header(), leases })
        })
        .await
    }
}
