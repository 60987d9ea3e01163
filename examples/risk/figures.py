"""Figures over scores: plain code, which runs in a thread and may take its time."""

from collections import Counter
from statistics import mean

import risk


def summary(inputs: risk.SummaryInput, fabric: risk.SummaryBlockingFabric) -> risk.SummaryOutput:
    """Return the average risk, and how often each reason was given."""
    reasons = Counter(reason for score in inputs.scores for reason in score.reasons)
    return risk.SummaryOutput(
        average=mean(score.risk for score in inputs.scores), reasons=dict(sorted(reasons.items()))
    )
