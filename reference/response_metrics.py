"""Metrics of response predictions on small made-up data → test/fixtures/response_metrics.json.

Needs neuralpredictors 0.3.0 and numpy (fixture.py imports torch). Each neuron is handed to neuralpredictors alone,
without the trials in which it was not recorded, since its functions know no NaN; `fev` and `feve` are the same
definition with images of a single repeat left out of the noise, where neuralpredictors gives NaN. The correlation to
average is Sensorium 2022's, written from its definition. The normalised correlation is computed by the equations of
Schoppe et al. (2016) as they stand, which need balanced repeats.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
from neuralpredictors.measures.np_functions import corr, fev, oracle_corr_jackknife

sys.path.append(str(Path(__file__).resolve().parent))
from fixture import draw, number, numbers, write

NEURONS = 8


def simulate(repeats, seed):
    """Responses and predictions, (trials, neurons), with the trials in random order, and the image of each."""
    images = len(repeats)
    image_of = np.repeat(np.arange(images), repeats)
    image_of = image_of[np.argsort(draw((len(image_of),), seed, 0, 1))]
    signal = draw((images, NEURONS), seed + 1, 0, 4)
    noise = draw((len(image_of), NEURONS), seed + 2, -1, 1) * np.linspace(0.3, 3, NEURONS, dtype=np.float32)
    responses = signal[image_of] + noise
    predictions = 0.3 + 0.8 * signal[image_of] + draw(responses.shape, seed + 3, -0.7, 0.7)
    return image_of, responses.astype(np.float32), predictions.astype(np.float32)


def by_image(values, image_of, least=1):
    """Sensorium's form: for each image an array (repeats, neurons), images with fewer repeats left out."""
    groups = [values[image_of == image] for image in np.unique(image_of)]
    return [group for group in groups if len(group) >= least]


def variances(responses, image_of):
    """Total and noise variance from neuralpredictors' FEV of images with at least two repeats and all trials."""
    total = np.var(responses, axis=0, ddof=1)
    noise = np.mean([np.var(group, axis=0, ddof=1) for group in by_image(responses, image_of, 2)], axis=0)
    return total, noise


def metrics_of_neuron(responses, predictions, image_of):
    known = ~np.isnan(responses)
    responses, predictions, image_of = responses[known, None], predictions[known, None], image_of[known]
    responses, predictions = responses.astype(np.float64), predictions.astype(np.float64)
    averages = [np.vstack([g.mean(axis=0) for g in by_image(x, image_of)]) for x in (responses, predictions)]
    result = {
        "singleTrial": corr(responses, predictions, axis=0)[0],
        "toAverage": corr(*averages, axis=0)[0],
        "oracle": oracle_corr_jackknife(by_image(responses, image_of, 2))[0],
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explainable, explained = fev(
            by_image(responses, image_of), by_image(predictions, image_of), return_exp_var=True
        )
    result["neuralpredictorsFev"], result["neuralpredictorsFeve"] = explainable[0], explained[0]
    total, noise = variances(responses, image_of)
    error = np.mean((responses - predictions) ** 2, axis=0)
    result["fev"] = ((total - noise) / total)[0] if total[0] > 0 else 0
    result["feve"] = (1 - (error - noise) / (total - noise))[0] if result["fev"] >= 0.15 else np.nan
    return result


def schoppe(responses, predictions, image_of):
    """CC_norm, SP and Var(y), eq. 1 to 3 and 7 of the paper with ddof 1 throughout, repeats taken in order."""
    sweeps = np.stack(by_image(responses.astype(np.float64), image_of), axis=1)
    n = len(sweeps)
    mean = sweeps.mean(axis=0)
    predicted = np.stack(by_image(predictions.astype(np.float64), image_of), axis=1).mean(axis=0)
    power = (np.var(sweeps.sum(axis=0), axis=0, ddof=1) - np.var(sweeps, axis=1, ddof=1).sum(axis=0)) / (n * (n - 1))
    covariance = ((mean - mean.mean(axis=0)) * (predicted - predicted.mean(axis=0))).sum(axis=0) / (len(mean) - 1)
    return {
        "signalPower": numbers(power),
        "averageVariance": numbers(np.var(mean, axis=0, ddof=1)),
        "normalizedCorrelation": numbers(covariance / np.sqrt(power * np.var(predicted, axis=0, ddof=1))),
    }


def case(name, repeats, seed, constant=(), missing=0.0, level_sweeps=False):
    image_of, responses, predictions = simulate(repeats, seed)
    if level_sweeps:
        # Repeat k of every image gets the same mean over images, so that sweeps have nothing in common.
        order = np.argsort(image_of, kind="stable")
        sweeps = responses[order].reshape(len(repeats), repeats[0], NEURONS)
        sweeps = sweeps - sweeps.mean(axis=0) + sweeps.mean(axis=(0, 1))
        responses[order] = sweeps.reshape(responses.shape)
    for neuron, value in constant:
        responses[:, neuron] = value
    responses[draw(responses.shape, seed + 4, 0, 1) < missing] = np.nan
    results = [metrics_of_neuron(responses[:, n], predictions[:, n], image_of) for n in range(NEURONS)]
    entry = {
        "name": name,
        "neurons": NEURONS,
        "imageOf": [int(image) for image in image_of],
        "responses": numbers(responses),
        "predictions": numbers(predictions),
        "expected": {key: [number(r[key]) for r in results] for key in results[0]},
    }
    if level_sweeps:
        entry["schoppe"] = schoppe(responses, predictions, image_of)
    return entry


if __name__ == "__main__":
    cases = [
        case("balanced repeats", [4] * 10, 100),
        case("unbalanced repeats", [2, 3, 5, 2, 4, 6, 3, 2, 2, 5], 200, constant=[(3, 0.1)]),
        case("single repeats among them", [1, 3, 1, 4, 2, 1, 5, 3, 2, 2, 1], 300),
        case("trials that were not recorded", [3, 5, 4, 2, 6, 3, 4, 4, 3], 400, constant=[(6, 2.7)], missing=0.2),
        case("repeats that are sweeps", [5] * 9, 500, level_sweeps=True),
    ]
    write("response_metrics", "made by reference/response_metrics.py with neuralpredictors 0.3.0", {"cases": cases})
