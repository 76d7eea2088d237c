"""Peer of naming: llama.cpp's server, by xllamacpp, on the same token ids.

    python naming_llama_cpp.py --model FILE.gguf --token-ids FILE.jsonl --max-tokens 9 --threads 2 --slots N

Token ids are those that `wayfare bench naming --token-ids` writes, a JSON array for each prompt. All prompts are given at
once, the server divides them between its slots; its prefix cache stays on, and is warm after the first round. It writes the
likeliest tokens and stops before a line break, as ours does.
"""

import argparse
import json
from pathlib import Path

import xllamacpp

import inference_peer


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--token-ids", required=True)
    parser.add_argument("--max-tokens", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument("--limit", type=int, help="only the first so many prompts")
    parser.add_argument("--flash-attention", choices=["auto", "on", "off"], default="auto")
    return parser.parse_args()


def server(options, longest):
    params = xllamacpp.CommonParams()
    params.model.path = options.model
    params.n_parallel = options.slots
    params.n_ctx = options.slots * (longest + options.max_tokens + 8)
    params.kv_unified = False
    params.n_batch = params.n_ubatch = 512
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    params.n_threads_http = 1
    params.cache_prompt = True
    # A cache of whole contexts in memory only costs here: every prompt comes once.
    params.cache_ram_mib = 0
    params.flash_attn_type = getattr(
        xllamacpp.llama_flash_attn_type,
        {"auto": "LLAMA_FLASH_ATTN_TYPE_AUTO", "on": "LLAMA_FLASH_ATTN_TYPE_ENABLED", "off": "LLAMA_FLASH_ATTN_TYPE_DISABLED"}[
            options.flash_attention
        ],
    )
    params.warmup = True
    return xllamacpp.Server(params)


def start():
    lines = Path(options.token_ids).read_text().split("\n")
    prompts = [json.loads(line) for line in lines if line][: options.limit]
    running = server(options, max(map(len, prompts)))
    last = {}

    def ask(some):
        """A request of several prompts: as many answers, in their order."""
        answer = running.handle_completions({
            "prompt": some,
            "n_predict": options.max_tokens,
            "max_tokens": options.max_tokens,
            "temperature": 0.0,
            "top_k": 1,
            "stop": ["\n"],
            "cache_prompt": True,
            "return_tokens": False,
            "stream": False,
        })
        if "error" in answer:
            raise SystemExit(f"llama.cpp answered {answer['error']}")
        return answer

    def round_():
        answer = ask(prompts)
        last["texts"] = [choice["text"] for choice in answer["choices"]]
        usage = answer["usage"]
        return {"items": len(prompts), "written_tokens": usage["completion_tokens"], "prompt_tokens": usage["prompt_tokens"]}

    def write(path):
        Path(path).write_text("".join(json.dumps({"text": text}) + "\n" for text in last["texts"]))

    return round_, write


if __name__ == "__main__":
    options = parse()
    inference_peer.serve(start)
