//! Many connections on one thread: the load generator must cost far less than the server it measures.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Protocol, Socket, Type};

/// The protocol on a fleet's connections.
pub trait Framing {
    /// A complete frame from the server.
    type Frame<'a>;
    /// Returns the first complete frame in `bytes` and its length; None if it is incomplete.
    fn first<'a>(&self, bytes: &'a [u8]) -> Result<Option<(Self::Frame<'a>, usize)>>;
}

/// One connection and its buffers.
struct Connection {
    stream: TcpStream,
    /// The beginning of an incomplete frame.
    partial: Vec<u8>,
    out: Vec<u8>,
    /// Number of bytes of `out` already written.
    written: usize,
    waits_to_write: bool,
}

/// A set of connections, numbered from 0.
pub struct Fleet<F> {
    poll: Poll,
    events: Events,
    framing: F,
    connections: Vec<Connection>,
    scratch: Vec<u8>,
}

/// The handle with which a frame handler uses its connection.
pub struct Reply<'a> {
    /// The number of the connection.
    pub id: usize,
    out: &'a mut Vec<u8>,
    now: Instant,
}

impl Reply<'_> {
    /// Returns the output buffer of the connection.
    pub fn out(&mut self) -> &mut Vec<u8> {
        self.out
    }

    /// Returns the time at which the frame was read.
    pub fn now(&self) -> Instant {
        self.now
    }
}

impl<F: Framing> Fleet<F> {
    /// Creates a fleet without connections.
    pub fn new(framing: F) -> Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            framing,
            connections: Vec::new(),
            scratch: vec![0; 256 * 1024],
        })
    }

    /// Returns the number of connections.
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// Opens a connection and sends `first` on it. After every 15,000 connections it uses another loopback address,
    /// because each address has a limited number of ports.
    pub fn open(&mut self, address: SocketAddr, first: &[u8]) -> Result<usize> {
        let id = self.connections.len();
        let mut stream = TcpStream::from_std(connect_from(source(id), address)?);
        self.poll.registry().register(&mut stream, Token(id), Interest::READABLE)?;
        let out = Vec::from(first);
        self.connections.push(Connection {
            stream,
            partial: Vec::new(),
            out,
            written: 0,
            waits_to_write: false,
        });
        self.flush(id)?;
        Ok(id)
    }

    /// Returns the output buffer of a connection; `flush` sends its content.
    pub fn out(&mut self, id: usize) -> &mut Vec<u8> {
        &mut self.connections[id].out
    }

    /// Writes the output buffer, as far as the socket accepts it.
    pub fn flush(&mut self, id: usize) -> Result<()> {
        let connection = &mut self.connections[id];
        while connection.written < connection.out.len() {
            match connection.stream.write(&connection.out[connection.written..]) {
                Ok(0) => bail!("connection {id} takes nothing more"),
                Ok(count) => connection.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if !connection.waits_to_write {
                        connection.waits_to_write = true;
                        let both = Interest::READABLE | Interest::WRITABLE;
                        self.poll.registry().reregister(&mut connection.stream, Token(id), both)?;
                    }
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).with_context(|| format!("writing on connection {id}")),
            }
        }
        connection.out.clear();
        connection.written = 0;
        if connection.waits_to_write {
            connection.waits_to_write = false;
            self.poll.registry().reregister(&mut connection.stream, Token(id), Interest::READABLE)?;
        }
        Ok(())
    }

    /// Waits at most `wait` for input and passes every complete frame to `handle`.
    pub fn turn(
        &mut self,
        wait: Duration,
        mut handle: impl FnMut(&mut Reply<'_>, F::Frame<'_>) -> Result<()>,
    ) -> Result<()> {
        if let Err(error) = self.poll.poll(&mut self.events, Some(wait))
            && error.kind() != ErrorKind::Interrupted
        {
            return Err(error.into());
        }
        let ready: Vec<_> = self
            .events
            .iter()
            .map(|event| (event.token().0, event.is_readable() || event.is_error()))
            .collect();
        for (id, readable) in ready {
            if readable {
                self.read(id, &mut handle)?;
            }
            self.flush(id)?;
        }
        Ok(())
    }

    /// Reads until the socket is empty, because readiness is edge-triggered.
    fn read(
        &mut self,
        id: usize,
        handle: &mut impl FnMut(&mut Reply<'_>, F::Frame<'_>) -> Result<()>,
    ) -> Result<()> {
        let connection = &mut self.connections[id];
        loop {
            let held = connection.partial.len();
            self.scratch[..held].copy_from_slice(&connection.partial);
            connection.partial.clear();
            let count = match connection.stream.read(&mut self.scratch[held..]) {
                Ok(0) => bail!("the server closed connection {id}"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    connection.partial.extend_from_slice(&self.scratch[..held]);
                    return Ok(());
                }
                Err(error) => return Err(error).with_context(|| format!("reading from connection {id}")),
            };
            let whole = held + count;
            let mut reply = Reply { id, out: &mut connection.out, now: Instant::now() };
            let mut at = 0;
            while let Some((frame, length)) = self.framing.first(&self.scratch[at..whole])? {
                handle(&mut reply, frame)?;
                at += length;
            }
            connection.partial.extend_from_slice(&self.scratch[at..whole]);
            if whole < self.scratch.len() {
                return Ok(());
            }
        }
    }
}

fn source(id: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, u8::try_from(1 + id / 15_000).unwrap_or(u8::MAX))
}

/// Opens a non-blocking connection from a given loopback address.
pub fn connect_from(source: Ipv4Addr, address: SocketAddr) -> Result<std::net::TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    if source != Ipv4Addr::LOCALHOST {
        socket.bind(&SocketAddr::new(IpAddr::V4(source), 0).into())?;
    }
    socket.set_tcp_nodelay(true)?;
    // On loopback this returns as soon as the connection is in the listener's queue.
    socket.connect(&address.into()).with_context(|| format!("connecting to {address}"))?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}
