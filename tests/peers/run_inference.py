"""Runs Wayfare and its peers of inference in turn, and prints rates and ratios.

    python run_inference.py embedding INPUTS --wayfare PROGRAM --encoder DIR
    python run_inference.py naming INPUTS --wayfare PROGRAM --model FILE.gguf --formats DIR

INPUTS is what make_inference_inputs.py wrote, DIR of formats what gguf_formats.py wrote. Every program stays within the
same `--threads` processors. Peers stay loaded between the rounds and do one that is not counted; Wayfare is started anew
for every round and says itself how long it computed, its shared prefix included.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy

HERE = Path(__file__).parent
OURS = "wayfare"


class Peer:
    """A peer's process, loaded and ready for rounds."""

    def __init__(self, name, command, environment, log):
        self.name, self.log = name, log
        with open(log, "w") as errors:
            self.process = subprocess.Popen(
                list(map(str, command)), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            )
        self.start_seconds = self.answer()["start_seconds"]

    def ask(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"peer `{self.name}` ended with {self.process.wait()}:\n{self.log.read_text()[-4000:]}")
        return json.loads(line)

    def round(self):
        return self.ask("round")

    def results(self, path):
        self.ask(path)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Wayfare:
    """The program under comparison: a process for each round."""

    name, start_seconds = OURS, None

    def __init__(self, command, results_flag):
        self.command, self.results_flag = list(map(str, command)), results_flag

    def round(self, *more):
        done = subprocess.run([*self.command, "--output", "json", *more], stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise SystemExit(f"`{' '.join(self.command)}` ended with {done.returncode}")
        facts = json.loads(done.stdout)
        self.start_seconds = facts.pop("load_seconds")
        return facts

    def results(self, path):
        self.round(self.results_flag, str(path))

    def end(self):
        """Its processes end with their rounds."""


def main():
    options = parse()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    with tempfile.TemporaryDirectory(prefix="wayfare-inference-") as folder:
        folder = Path(folder)
        programs = []
        try:
            for program in (embedding if options.what == "embedding" else naming)(options, folder):
                programs.append(program)
            results = measure(programs, options.rounds)
            (compare_vectors if options.what == "embedding" else compare_texts)(programs, folder, results)
        finally:
            for program in programs:
                program.end()
    for result in results.values():
        if OURS in results and result is not results[OURS]:
            result["ours_is_times"] = results[OURS]["items_per_second"] / result["items_per_second"]
    print(as_table(results))
    if options.json:
        Path(options.json).write_text(json.dumps({"options": vars(options), "results": results}, indent=1) + "\n")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["embedding", "naming"])
    parser.add_argument("inputs")
    parser.add_argument("--wayfare", required=True)
    parser.add_argument("--encoder", help="folder of the encoder")
    parser.add_argument("--model", help="GGUF file as ours reads it")
    parser.add_argument("--formats", help="folder of the same weights in other formats")
    parser.add_argument("--stock", help="program of candle_stock; left out, it does not run")
    parser.add_argument("--peers", nargs="*", help="only those whose names are given")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tokens-per-batch", type=int, default=1024, help="of onnxruntime")
    parser.add_argument("--texts-per-batch", type=int, default=32, help="of the stock BERT")
    parser.add_argument("--slots", type=int, default=1, help="of llama.cpp")
    parser.add_argument("--max-tokens", type=int, default=9)
    parser.add_argument("--limit", type=int, default=1_000_000, help="only so many prompts for the peers")
    parser.add_argument("--stock-limit", type=int, default=3, help="only so many prompts for the stock Llama, which has no prefix to share")
    parser.add_argument("--json", help="file to write the results to")
    return parser.parse_args()


def environment(options):
    variables = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", TOKENIZERS_PARALLELISM="true")
    for variable in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS"):
        variables[variable] = str(options.threads)
    return variables


def started(options, folder, commands):
    for name, command in commands.items():
        if not options.peers or name in options.peers:
            yield Peer(name, command, environment(options), folder / f"{name.replace('/', '-')}.log")


def embedding(options, folder):
    texts = Path(options.inputs) / "texts.txt"
    yield Wayfare(
        [options.wayfare, "bench", "embedding", "--encoder", options.encoder, "--texts", texts, "--threads", options.threads],
        "--vectors",
    )
    commands = {}
    for graph in ("standard", "fused"):
        for mode in ("together", "split"):
            name = f"onnxruntime {graph} {mode}"
            if options.peers and name not in options.peers:
                continue
            model = folder / f"{graph}.onnx"
            subprocess.run([sys.executable, HERE / "bert_onnx.py", options.encoder, model, *["--fused"] * (graph == "fused")], check=True)
            commands[name] = [
                sys.executable, HERE / "embedding_onnx.py", "--encoder", options.encoder, "--model", model, "--texts", texts,
                "--threads", options.threads, "--tokens-per-batch", options.tokens_per_batch, *["--split"] * (mode == "split"),
            ]
    if options.stock:
        commands["candle-transformers"] = [options.stock, "embedding", options.encoder, texts, options.texts_per_batch]
    yield from started(options, folder, commands)


def naming(options, folder):
    prompts, ids = Path(options.inputs) / "prompts.jsonl", folder / "token_ids.jsonl"
    ours = [
        options.wayfare, "bench", "naming", "--model", options.model, "--prompts", prompts,
        "--max-tokens", options.max_tokens, "--threads", options.threads,
    ]
    subprocess.run([*map(str, ours), "--token-ids", str(ids)], check=True)
    yield Wayfare(ours, "--generations")
    files = {"as ours": Path(options.model)} | {path.stem: path for path in sorted(Path(options.formats).glob("*.gguf"))}
    commands = {
        f"llama.cpp {name}": [
            sys.executable, HERE / "naming_llama_cpp.py", "--model", path, "--token-ids", ids, "--max-tokens", options.max_tokens,
            "--threads", options.threads, "--slots", options.slots, "--limit", options.limit,
        ]
        for name, path in files.items()
    }
    if options.stock:
        commands["candle-transformers F32"] = [options.stock, "naming", files["F32"], ids, options.max_tokens, options.stock_limit]
    yield from started(options, folder, commands)


def measure(programs, rounds):
    rates, results = {program.name: [] for program in programs}, {}
    for number in range(rounds + 1):
        for program in programs:
            facts = program.round()
            if number > 0:
                rates[program.name].append(facts["items"] / facts["seconds"])
            counts = {key: value for key, value in facts.items() if isinstance(value, int)}
            results[program.name] = {"start_seconds": program.start_seconds, **counts}
            print(f"round {number} {program.name}: {facts['items'] / facts['seconds']:.3f}/s", file=sys.stderr, flush=True)
    for name, result in results.items():
        result["items_per_second"] = statistics.median(rates[name])
        result["rates"] = rates[name]
    return results


def compare_vectors(programs, folder, results):
    vectors = {}
    for program in programs:
        path = folder / "vectors"
        program.results(path)
        vectors[program.name] = numpy.fromfile(path, numpy.float32).reshape(results[program.name]["items"], -1)
    for name, theirs in vectors.items():
        if name != OURS:
            results[name]["least_cosine_to_ours"] = float((vectors[OURS] * theirs).sum(1).min())


def compare_texts(programs, folder, results):
    texts = {}
    for program in programs:
        path = folder / "texts"
        program.results(path)
        texts[program.name] = [json.loads(line)["text"] for line in path.read_text().split("\n") if line]
    for name, theirs in texts.items():
        if name != OURS:
            same = sum(ours.strip() == text.strip() for ours, text in zip(texts[OURS], theirs))
            results[name]["texts_as_ours"] = same / len(theirs)


def as_table(results):
    """Markdown: a line for each program, a column for each figure that any of them has."""
    columns = list(dict.fromkeys(key for result in results.values() for key in result if key not in ("rates", "threads")))

    def shown(value):
        if value is None:
            return ""
        return f"{value:,}" if isinstance(value, int) else f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"

    lines = [["program", *(column.replace("_", " ") for column in columns)], ["---"] * (len(columns) + 1)]
    lines += [[name, *(shown(result.get(column)) for column in columns)] for name, result in results.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
