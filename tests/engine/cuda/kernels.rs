//! The kernels of a GPU on the CPU: a C++ compiler takes them with `emulator/emulator.hpp`, and every
//! one is compared with the CPU form of its operation.
//!
//! Without a C++ compiler there is nothing to run them with: then these tests are ignored.

use rs_grpo_engine::cuda::launch::{Argument, Buffer, Element, Launch, Machine};
use rs_grpo_engine::cuda::self_test::self_test;
use rs_grpo_engine::cuda::source::SOURCES;
use rs_grpo_engine::{Error, Result};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use test_support::{compile, program};

/// A program for each type of weights and activations.
struct Emulator {
    folder: tempfile::TempDir,
}

impl Emulator {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for element in Element::ALL {
            let source = folder.path().join(format!("{}.cpp", element.name()));
            std::fs::write(&source, program(element)).unwrap();
            compile(&source, &folder.path().join(element.name()), &["-O1", "-g"]);
        }
        Self { folder }
    }

    fn program(&self, element: Element) -> PathBuf {
        self.folder.path().join(element.name())
    }

    /// What a kernel wrote, with its threads in an order.
    fn run_in_order(&self, launch: &Launch, order: &str) -> Result<Vec<u8>> {
        let mut child = Command::new(self.program(launch.element))
            .arg(launch.kernel)
            .args(launch.grid.iter().chain([&launch.threads]).map(u32::to_string))
            .arg(order)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A kernel that fails early leaves its arguments unread; its message is what counts.
        let _ = child.stdin.take().unwrap().write_all(&input(launch));
        let output = child.wait_with_output().unwrap();
        if output.status.success() {
            return Ok(output.stdout);
        }
        let message = String::from_utf8_lossy(&output.stderr);
        let reason = format!("{}: {}: {message}", launch.kernel, output.status);
        Err(Error::Tensor(candle_core::Error::Msg(reason)))
    }
}

impl Machine for Emulator {
    fn run(&mut self, launch: &Launch) -> Result<Vec<Buffer>> {
        let bytes = self.run_in_order(launch, "forwards")?;
        let again = self.run_in_order(launch, "backwards")?;
        assert!(bytes == again, "{} depends on the order of its threads", launch.kernel);
        let mut rest = &bytes[..];
        let mut outputs = Vec::new();
        for argument in &launch.arguments {
            let Argument::Write(buffer) = argument else { continue };
            let mut buffer = buffer.clone();
            let own = buffer.bytes_mut();
            let (part, after) = rest.split_at_checked(own.len()).expect("an output is missing");
            own.copy_from_slice(part);
            outputs.push(buffer);
            rest = after;
        }
        assert!(rest.is_empty(), "{} has more outputs than its launch", launch.kernel);
        Ok(outputs)
    }
}

/// Each argument as its length in bytes and the bytes.
fn input(launch: &Launch) -> Vec<u8> {
    let mut input = Vec::new();
    for argument in &launch.arguments {
        let bytes = match argument {
            Argument::U32(n) => n.to_ne_bytes().to_vec(),
            Argument::U64(n) => n.to_ne_bytes().to_vec(),
            Argument::F32(x) => x.to_ne_bytes().to_vec(),
            Argument::Read(buffer) | Argument::Write(buffer) => buffer.bytes().to_vec(),
            Argument::At(_) => panic!("memory of a device, in another process"),
        };
        input.extend((bytes.len() as u64).to_ne_bytes());
        input.extend(bytes);
    }
    input
}

/// What each launch of the self-test wrote, in order.
struct Recorder(Emulator, Vec<(Launch, Vec<Buffer>)>);

impl Machine for Recorder {
    fn run(&mut self, launch: &Launch) -> Result<Vec<Buffer>> {
        let outputs = self.0.run(launch)?;
        self.1.push((launch.clone(), outputs.clone()));
        Ok(outputs)
    }
}

/// What was recorded, with an error in the first and the last number of every output.
struct Wrong(std::vec::IntoIter<(Launch, Vec<Buffer>)>, f32);

impl Machine for Wrong {
    fn run(&mut self, launch: &Launch) -> Result<Vec<Buffer>> {
        let (recorded, mut outputs) = self.0.next().expect("as many launches as before");
        assert_eq!(recorded.kernel, launch.kernel);
        for output in &mut outputs {
            let last = output.to_f32().len() - 1;
            for at in [0, last] {
                disturb(output, at, self.1);
            }
        }
        Ok(outputs)
    }
}

fn disturb(output: &mut Buffer, at: usize, error: f32) {
    match output {
        Buffer::F32(numbers) => numbers[at] += error,
        Buffer::Bf16(numbers) => {
            numbers[at] = half::bf16::from_f32(numbers[at].to_f32() + error);
        }
        Buffer::F64(numbers) => numbers[at] += f64::from(error),
        Buffer::U32(numbers) => numbers[at] = numbers[at].wrapping_add(1000),
    }
}

/// Every kernel has the numbers of its CPU form: relative errors within 1e-5 in f32, 1e-2 in bf16. None
/// is left out, for neither type; and with an error or NaN at both ends nothing passes.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn every_kernel_computes_what_its_cpu_form_does() {
    let emulator = Emulator::new();
    let mut recorder = Recorder(emulator, Vec::new());
    let outcomes = self_test(&mut recorder).unwrap();
    for outcome in &outcomes {
        let (what, element, error) = (&outcome.what, outcome.element.name(), outcome.error);
        println!("{element:5} {error:9.1e} of {:.0e}  {what}", outcome.limit);
    }
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.passed()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    for source in &SOURCES {
        let all = |element| source.kernels().map(move |kernel| (kernel, element));
        for (kernel, element) in source.elements.iter().copied().flat_map(all) {
            let is_it = |launch: &Launch| (launch.kernel, launch.element) == (kernel, element);
            let ran = recorder.1.iter().any(|(launch, _)| is_it(launch));
            assert!(ran, "{kernel} for {}", element.name());
        }
    }
    for error in [5.0, f32::NAN] {
        let outcomes = self_test(&mut Wrong(recorder.1.clone().into_iter(), error)).unwrap();
        let passed: Vec<_> = outcomes.iter().filter(|outcome| outcome.passed()).collect();
        assert!(passed.is_empty(), "with an error of {error}: {passed:#?}");
    }
}

/// A read past the end of an argument ends the emulator instead of giving numbers.
#[test]
#[cfg_attr(no_cxx, ignore = "needs a C++ compiler, c++")]
fn reads_past_the_end_are_noticed() {
    let mut emulator = Emulator::new();
    let short = Buffer::F32(vec![1.0; 63]);
    let arguments = [
        Argument::Read(short.clone()),
        Argument::Read(short),
        Argument::Write(Buffer::F32(vec![0.0; 64])),
        Argument::U64(64),
    ];
    let launch = Launch::elements("swiglu", Element::F32, 64).with(arguments);
    let message = emulator.run(&launch).unwrap_err().to_string();
    assert!(message.contains("signal"), "{message}");
}
