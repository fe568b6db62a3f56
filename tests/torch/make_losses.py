"""Draws batches and writes PyTorch's results in float64: returns, losses, gradients. tests/torch/run runs it.

Inputs are float32 numbers. Returns follow their definitions as sums, not the recursions of the program.

usage: make_losses.py SEED CASES OUT.json     (CASES of each kind)
"""

import json
import sys

import numpy as np
import torch
from torch.nn import functional


def draw(rng, shape, scale=1.0):
    """float32 values as a float64 tensor."""
    return torch.tensor((rng.normal(size=shape) * scale).astype(np.float32).astype(np.float64))


def number(rng, choices):
    return float(np.float32(rng.choice(choices)))


def listed(tensor):
    return tensor.detach().flatten().tolist()


def segment(rng):
    """Rewards and values of a segment; bootstrap is 0 for one that ended the episode."""
    count = int(rng.integers(1, 33))
    rewards = torch.tensor(rng.integers(-1, 2, size=count).astype(np.float64))
    return {
        "gamma": number(rng, [0.9, 0.99, 1.0]),
        "lambda": number(rng, [0.0, 0.65, 0.95, 1.0]),
        "rewards": rewards,
        "values": draw(rng, count),
        "bootstrap": float(draw(rng, ())) if rng.random() < 0.7 else 0.0,
    }


def advantage_estimates(drawn):
    """Equation 16 of arXiv 1506.02438: discounted sums of temporal differences."""
    count = len(drawn["rewards"])
    following = torch.cat([drawn["values"][1:], torch.tensor([drawn["bootstrap"]], dtype=torch.float64)])
    deltas = drawn["rewards"] + drawn["gamma"] * following - drawn["values"]
    decay = drawn["gamma"] * drawn["lambda"]
    weights = torch.tensor([[decay ** (j - i) if j >= i else 0.0 for j in range(count)] for i in range(count)])
    return weights.double() @ deltas


def gae(rng):
    drawn = segment(rng)
    advantages = advantage_estimates(drawn)
    return drawn | {"advantages": advantages, "returns": advantages + drawn["values"]}


def lambda_returns(rng):
    """(1 - lambda) sum over n of lambda^(n - 1) G_n, where terms beyond the end are the last G."""
    drawn = segment(rng)
    count = len(drawn["rewards"])
    values = listed(drawn["values"]) + [drawn["bootstrap"]]
    rewards = listed(drawn["rewards"])
    gamma, decay = drawn["gamma"], drawn["lambda"]
    returns = []
    for start in range(count):
        mixed = 0.0
        discounted = 0.0
        for n in range(1, count - start + 1):
            discounted += gamma ** (n - 1) * rewards[start + n - 1]
            n_step = discounted + gamma**n * values[start + n]
            weight = decay ** (n - 1) if start + n == count else (1 - decay) * decay ** (n - 1)
            mixed += weight * n_step
        returns.append(mixed)
    return drawn | {"returns": torch.tensor(returns)}


def vtrace(rng):
    """Section 4.1 of arXiv 1802.01561 with truncations and lambda 1: the sum before its recursive form."""
    pieces = [int(n) for n in rng.integers(1, 9, size=rng.integers(1, 5))]  # each goes to an end or a cut
    count = sum(pieces)
    gamma = number(rng, [0.9, 0.99, 1.0])
    rewards = torch.tensor(rng.integers(-1, 2, size=count).astype(np.float64))
    values, log_ratios = draw(rng, count), draw(rng, count, 0.5)
    terminated, cut = [False] * count, [False] * count
    cut_values, targets, advantages = [], [], []
    first = 0
    for length in pieces:
        part = slice(first, first + length)
        last = 0.0
        if rng.random() < 0.5:
            terminated[first + length - 1] = True
        else:
            cut[first + length - 1] = True
            last = float(draw(rng, ()))
            cut_values.append(last)
        following = torch.cat([values[part][1:], torch.tensor([last], dtype=torch.float64)])
        rho = log_ratios[part].exp().clamp(max=1)
        deltas = rho * (rewards[part] + gamma * following - values[part])
        corrected = [
            float(values[part][s] + sum(gamma ** (t - s) * rho[s:t].prod() * deltas[t] for t in range(s, length)))
            for s in range(length)
        ]
        after = torch.tensor(corrected[1:] + [last], dtype=torch.float64)
        targets += corrected
        advantages += listed(rho * (rewards[part] + gamma * after - values[part]))
        first += length
    return {
        "gamma": gamma,
        "rewards": rewards,
        "values": values,
        "log_ratios": log_ratios,
        "terminated": [int(is_end) for is_end in terminated],
        "cut": [int(is_cut) for is_cut in cut],
        "cut_values": cut_values + [0.0],
        "cut_count": len(cut_values),
        "targets": targets,
        "advantages": advantages,
    }


def ppo(rng):
    batch, actions = int(rng.integers(1, 17)), int(rng.integers(2, 19))
    chosen = torch.tensor(rng.integers(0, actions, size=batch))
    logits = draw(rng, (batch, actions), 2.0).requires_grad_()
    value = draw(rng, batch).requires_grad_()
    old_log_probs = functional.log_softmax(logits.detach(), 1).gather(1, chosen[:, None])[:, 0]
    old_log_probs = (old_log_probs + draw(rng, batch, 0.15)).float().double()
    drawn = {
        "actions": chosen,
        "logits": logits,
        "value": value,
        "old_log_probs": old_log_probs,
        "old_values": (value.detach() + draw(rng, batch, 0.2)).float().double(),
        "advantages": draw(rng, batch),
        "returns": draw(rng, batch),
        "clip": number(rng, [0.1, 0.2]),
        "value_clip": number(rng, [0.0, 0.1]),
        "value_coef": number(rng, [0.5, 1.0]),
        "entropy_coef": number(rng, [0.0, 0.01, 0.1]),
    }
    policy = torch.distributions.Categorical(logits=logits)
    log_ratio = policy.log_prob(chosen) - old_log_probs
    ratio = log_ratio.exp()
    clip, value_clip = drawn["clip"], drawn["value_clip"]
    gain = torch.min(ratio * drawn["advantages"], ratio.clamp(1 - clip, 1 + clip) * drawn["advantages"])
    squared = (value - drawn["returns"]) ** 2
    if value_clip > 0:
        moved = (value - drawn["old_values"]).clamp(-value_clip, value_clip)
        squared = torch.max(squared, (drawn["old_values"] + moved - drawn["returns"]) ** 2)
    value_loss = drawn["value_coef"] * 0.5 * squared.mean()
    entropy = policy.entropy().mean()
    total = -gain.mean() + value_loss - drawn["entropy_coef"] * entropy
    total.backward()
    return drawn | {
        "action_count": actions,
        "policy_loss": -gain.mean().item(),
        "value_loss": value_loss.item(),
        "entropy": entropy.item(),
        "total": total.item(),
        "kl": (ratio - 1 - log_ratio).mean().item(),
        "clip_fraction": ((ratio - 1).abs() > clip).double().mean().item(),
        "d_logits": logits.grad,
        "d_value": value.grad,
    }


def q(rng):
    batch, actions = int(rng.integers(1, 17)), int(rng.integers(2, 19))
    chosen = torch.tensor(rng.integers(0, actions, size=batch))
    values = draw(rng, (batch, actions)).requires_grad_()
    targets = draw(rng, batch, 2.0)
    huber = number(rng, [0.0, 0.5, 1.0])
    picked = values.gather(1, chosen[:, None])[:, 0]
    loss = functional.huber_loss(picked, targets, delta=huber) if huber else functional.mse_loss(picked, targets)
    loss.backward()
    return {
        "actions": chosen,
        "action_count": actions,
        "q": values,
        "targets": targets,
        "huber": huber,
        "loss": loss.item(),
        "d_q": values.grad,
    }


def normalize(rng):
    advantages = draw(rng, int(rng.integers(2, 257)), 3.0)
    return {"advantages": advantages, "normalized": (advantages - advantages.mean()) / (advantages.std() + 1e-8)}


def moments(rng):
    """Rows that come in two parts."""
    first, second, size = (int(n) for n in rng.integers(1, 9, size=3))
    samples = draw(rng, (first + second, size), 5.0) + 100.0
    samples = samples.float().double()
    return {
        "first": first,
        "size": size,
        "samples": samples,
        "means": samples.mean(0),
        "deviations": samples.std(0, correction=0),
    }


def main(seed, count, out):
    rng = np.random.default_rng(int(seed))
    cases = []
    for kind in (gae, lambda_returns, vtrace, ppo, q, normalize, moments):
        for _ in range(int(count)):
            case = {key: listed(value) if torch.is_tensor(value) else value for key, value in kind(rng).items()}
            cases.append({"kind": kind.__name__} | case)
    with open(out, "w", encoding="utf-8") as file:
        file.write('{"made_by": "tests/torch/make_losses.py, torch %s, seed %s",\n"cases": [\n' % (torch.__version__, seed))
        file.write(",\n".join(json.dumps(case) for case in cases))
        file.write("\n]}\n")


main(*sys.argv[1:])
