"""What serving adds to the bare pipeline: throughput, latency, overload, fairness, overhead."""

import concurrent.futures
import pathlib
import statistics

from figure import Figure
from models import models
from programs import SERVER_CPUS, CALLER_CPUS, Server, confined_server, json_lines, load, measured_costs, only_run, simulate, write_workload

CORES = len(SERVER_CPUS)
# Twice what the server runs at a time: as one batch of its largest size runs, the next one waits.
SATURATING_CALLERS = 2 * 16 * CORES


def saturation(rounds, scratch, python):
    """Images a second, server with twice as many callers as run at a time / bare loops at their best."""
    figures = []
    for model in models(scratch, python):
        ratios, served, best = [], [], []
        for _ in range(rounds):
            bare = [row for lanes in sorted({1, CORES})
                    for row in json_lines("pipeline_benchmark", "--model", model.path, "--steps", model.steps, "--lanes",
                                          lanes, "--batch", model.batches, "--seconds", "3")]
            with Server("--prompt-cache-mb", "0", model=model.path) as server:
                run = only_run(load(server, "--concurrency-range", SATURATING_CALLERS, "--steps", model.steps, "--format",
                                    "png", "--measurement-interval", model.window, "--max-trials", "4"))
            best.append(max(row["images_per_second"] for row in bare))
            served.append(run["images_per_second"])
            ratios.append(served[-1] / best[-1])
        detail = f"{statistics.median(served):.1f} / {statistics.median(best):.1f} images/s; PNG, prompt cache off"
        figures.append(Figure(f"server at saturation / bare loops at their best batch and lanes, {model.name}", ">= 0.98",
                              ratios, detail, "scripts/bench.sh saturation"))
    return figures


def ideal_latency(rounds, scratch, python):
    """p99 at 80 % of capacity / p99 of the simulated server without overhead: same costs, policy, load."""
    figures = []
    for model in models(scratch, python):
        workload = write_workload(scratch, steps=[1, 2, 3], format="png")
        costs = measured_costs(scratch, "--prompt-cache-mb", "0", model=model.path)
        ratios, details = [], []
        for seed in range(1, rounds + 1):
            with Server("--prompt-cache-mb", "0", model=model.path) as server:
                closed = load(server, "--concurrency-range", SATURATING_CALLERS, "--workload", workload,
                              "--measurement-interval", model.window, "--max-trials", "4")
                rate = 0.8 * only_run(closed)["completed_per_second"]
                same = ["--workload", workload, "--seed", seed, "--request-count", f"{max(600, 12 * rate):.0f}"]
                served = only_run(load(server, "--request-rate-range", f"{rate:.2f}", *same))
            ideal = simulate(costs, "--request-rate", f"{rate:.2f}", *same)["results"][0]["latency_p99_seconds"]
            ratios.append(served["latency"]["p99_seconds"] / ideal)
            details.append(f"{1e3 * served['latency']['p99_seconds']:.0f} / {1e3 * ideal:.0f} ms at {rate:.0f}/s")
        figures.append(Figure(f"p99 at 80 % of capacity / of the ideal server, {model.name}, mixed steps", "<= 1.10", ratios,
                              "; ".join(details), "scripts/bench.sh ideal_latency"))
    return figures


def overload(rounds, scratch, python):
    """Goodput at ten times the capacity / the best goodput, growth of the server's memory, and goodput when confined."""
    solo_ms = 4 * solo_latency_ms(scratch)
    goodput, growth = _overload(Server, solo_ms, scratch)
    confined, _ = _overload(confined_server, solo_ms, scratch)
    return [Figure("goodput at 10x the capacity / peak goodput", ">= 0.95", *goodput, "scripts/bench.sh overload"),
            Figure("growth of resident memory meanwhile", "< 0.02", *growth, "scripts/bench.sh overload"),
            Figure("goodput at 10x / peak, gRPC on the models' own core", "", *confined, "scripts/bench.sh overload")]


def _overload(start, deadline_ms, scratch):
    """For 60 s of ten times the capacity: (ratios, detail) of the goodput, and of the memory."""
    mixed = {"steps": [1, 2, 3], "format": "png"}
    workload = write_workload(scratch, slo=f"{deadline_ms:.0f}ms", deadline=f"{deadline_ms:.0f}ms", **mixed)
    with start("--prompt-cache-mb", "0") as server:
        capacity = only_run(load(server, "--concurrency-range", SATURATING_CALLERS, "--workload", write_workload(scratch, **mixed),
                                 "--measurement-interval", "3s", "--max-trials", "4"))["completed_per_second"]
        peak = max(only_run(load(server, "--request-rate-range", f"{share * capacity:.2f}", "--workload", workload,
                                 "--request-count", f"{10 * share * capacity:.0f}"))["goodput_per_second"]
                   for share in (0.6, 0.8, 0.9, 1.0, 1.2))
        summary = load(server, "--request-rate-range", f"{10 * capacity:.2f}", "--workload", workload,
                       "--request-count", f"{60 * 10 * capacity:.0f}", "--channels", "16", void_is_fine=True)
    run, process = only_run(summary), summary["levels"][0]["server_process"]
    detail = f"{run['goodput_per_second']:.0f} / {peak:.0f} requests/s within {deadline_ms:.0f} ms; {run['duration_seconds']:.0f} s"
    growth = process["resident_growth_bytes"] / process["resident_bytes"]
    return ([run["goodput_per_second"] / peak], detail), ([growth], f"of {process['resident_bytes'] / 2**20:.0f} MiB")


def solo_latency_ms(scratch):
    """Median latency of one caller who asks for three steps."""
    with Server("--prompt-cache-mb", "0") as server:
        run = only_run(load(server, "--concurrency-range", 1, "--steps", "3", "--measurement-interval", "2s",
                            "--max-trials", "4"))
    return 1e3 * run["latency"]["p50_seconds"]


def fairness(rounds, scratch, python):
    """p99 of a caller with 5 % of an overload: beside one who sends the rest / beside four who share the rest."""
    names = ["quiet", "greedy", *(f"even{i}" for i in range(4))]
    files = {name: pathlib.Path(scratch) / f"{name}.token" for name in names}
    for name in names:
        files[name].write_text(f"{name}-0123456789abcdef\n")
    tokens = pathlib.Path(scratch) / "tokens"
    tokens.write_text("".join(f"{name} {name}-0123456789abcdef\n" for name in names))
    workload = write_workload(scratch, steps=[1, 2, 3], format="png")
    seconds = 20

    def quiet_p99(server, total, crowd, seed):
        def run(name, rate):
            return only_run(load(server, "--token-file", files[name], "--request-rate-range", f"{rate:.2f}", "--seed",
                                 seed + names.index(name), "--workload", workload, "--request-count",
                                 f"{seconds * rate:.0f}", void_is_fine=True))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            others = [pool.submit(run, name, 0.95 * total / len(crowd)) for name in crowd]
            quiet = run("quiet", 0.05 * total)
            for other in others:
                other.result()
        answered = quiet["status_codes"].get("OK", 0) / sum(quiet["status_codes"].values())
        return 1e3 * quiet["latency"]["p99_seconds"], answered

    ratios, details = [], []
    for seed in range(1, rounds + 1):
        with Server("--prompt-cache-mb", "0", "--token-file", tokens) as server:
            closed = load(server, "--token-file", files["even0"], "--concurrency-range", SATURATING_CALLERS, "--workload", workload,
                          "--measurement-interval", "3s", "--max-trials", "4")
            total = 1.5 * only_run(closed)["completed_per_second"]
            greedy, greedy_answered = quiet_p99(server, total, ["greedy"], seed)
            even, even_answered = quiet_p99(server, total, names[2:], seed)
        ratios.append(greedy / even)
        details.append(f"{greedy:.0f} / {even:.0f} ms, {100 * greedy_answered:.1f} / {100 * even_answered:.1f} % answered, "
                       f"{total:.0f} requests/s in all")
    return [Figure("p99 of a caller with 5 % of 1.5x the capacity, one other caller / four others", "< 1.5", ratios,
                   "; ".join(details), "scripts/bench.sh fairness")]


def ablation(rounds, scratch, python):
    """Requests within 4x the solo latency without parts of the batch policy, simulated with measured costs."""
    costs = measured_costs(scratch, "--prompt-cache-mb", "0")
    rows = json_lines("ablation_benchmark", "--cost-model", costs, "--seeds", rounds)
    figures = []
    for policy in dict.fromkeys(row["policy"] for row in rows):
        runs = [row for row in rows if row["policy"] == policy]
        detail = "within the objective: " + ", ".join(f"{100 * run['attained']:.1f} % at {run['load']:g}x" for run in runs)
        figures.append(Figure(f"requests in time at 2x the capacity, simulated: {policy}", "", [runs[-1]["attained"]], detail,
                              "scripts/bench.sh ablation"))
    return figures


def overhead(rounds, scratch, python):
    """strobe alone: an engine that takes no time, one core for the server and one for the client."""
    rates, tails, details = [], [], []
    flags = ["--max-batch-size", "64", "--queue-capacity", "4096"]
    for _ in range(rounds):
        with Server(*flags, model="fake", program="strobe-fake-server", cpus=SERVER_CPUS[:1], env={"STROBE_FAKE_STAGE_TIME": "0"}) as server:
            closed = only_run(load(server, "--concurrency-range", 64, "--steps", "1", "--format", "raw",
                                   "--measurement-interval", "3s", "--max-trials", "3", cpus=CALLER_CPUS[:1]))
            rates.append(closed["completed_per_second"])
            half = only_run(load(server, "--request-rate-range", f"{rates[-1] / 2:.0f}", "--steps", "1", "--format",
                                 "raw", "--request-count", f"{4 * rates[-1]:.0f}", cpus=CALLER_CPUS[:1], void_is_fine=True))
            tails.append(1e3 * half["latency"]["p99_seconds"])
            details.append(f"p50 {1e3 * half['latency']['p50_seconds']:.2f}, p95 {1e3 * half['latency']['p95_seconds']:.2f}, "
                           f"callers late by p99 {1e3 * half['send_lag']['p99_seconds']:.2f}")
    return [Figure("strobe alone, fake engine, 64x64 raw: requests/s on one core", ">= 8,000", rates, "64 callers",
                   "scripts/bench.sh overhead"),
            Figure("the same: p99 latency at half of that, ms", "<= 2", tails, "; ".join(details),
                   "scripts/bench.sh overhead")]


def decision(rounds, scratch, python):
    """Time of one batch decision with 1,000 samples waiting."""
    times = [json_lines("decision_benchmark")[0]["decision_us"] for _ in range(rounds)]
    return [Figure("batch decision, 1,000 samples waiting, us", "<= 20", times, "", "scripts/bench.sh decision")]
