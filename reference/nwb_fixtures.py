"""Writes test/fixtures/nwb/: small files as PyNWB writes them, and in expected.json what they hold.

Run from the repository's root: python reference/nwb_fixtures.py (written with pynwb 4.2, hdmf 6.2, h5py 3.16, numpy 2).
Spike counts and mean fluorescence are computed here, with loops over what PyNWB reads back.
"""

import datetime
import json
import pathlib
import random
import uuid

import h5py
import hdmf.container
import numpy as np
import pynwb
from pynwb.base import ImageReferences, Images
from pynwb.behavior import BehavioralTimeSeries, PupilTracking
from pynwb.image import GrayscaleImage, ImageSeries, IndexSeries, OpticalSeries, RGBImage
from pynwb.ophys import DfOverF, Fluorescence, ImageSegmentation, OpticalChannel

folder = pathlib.Path("test/fixtures/nwb")
folder.mkdir(parents=True, exist_ok=True)
numbers = np.random.default_rng(4)
names = random.Random(4)
hdmf.container.uuid4 = lambda: uuid.UUID(int=names.getrandbits(128), version=4)
time = datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)
expected = {}


def new_file(subject="mouse 1", session="7"):
    file = pynwb.NWBFile(
        session_description="small session for tests",
        identifier=f"{subject}/{session}",
        session_start_time=time,
        file_create_date=[time],
        session_id=session,
        lab="Striate",
    )
    if subject:
        file.subject = pynwb.file.Subject(subject_id=subject, species="Mus musculus", age="P90D", sex="F")
    return file


def write(file, name):
    with pynwb.NWBHDF5IO(folder / name, "w") as io:
        io.write(file, cache_spec=False)


def count(spikes, begin, end):
    return sum(1 for spike in spikes if begin <= spike < end)


def add_units(file, units=5, seconds=20.0, observed=None, electrodes=False):
    if electrodes:
        device = file.create_device("probe")
        group = file.create_electrode_group("shank", description="one", location="V1", device=device)
        for contact in range(units):
            file.add_electrode(
                x=10.0 * contact, y=5.0 - contact, z=100.0 + contact, imp=1.0, location="V1", filtering="none", group=group
            )
    for unit in range(units):
        spikes = np.sort(numbers.uniform(0, seconds, 40 + 20 * unit))
        more = {}
        if observed is not None:
            more["obs_intervals"] = observed[unit]
        if electrodes:
            more["electrodes"] = [units - 1 - unit, 0]
        file.add_unit(spike_times=spikes, id=100 + unit, **more)


def index_series():
    """Units, trials with tiers, grey and coloured images out of order, an invalid time."""
    file = new_file()
    observed = [[[0.0, 20.0]], [[0.0, 5.0], [7.5, 20.0]], [[0.0, 20.0]], [[0.0, 20.0]], [[0.0, 20.0]]]
    add_units(file, observed=observed, electrodes=True)
    pictures = [
        GrayscaleImage(name="z", data=numbers.integers(0, 256, (6, 8), dtype="u1")),
        RGBImage(name="m", data=numbers.integers(0, 256, (6, 8, 3), dtype="u1")),
        GrayscaleImage(name="a", data=numbers.integers(0, 256, (6, 8), dtype="u1")),
        GrayscaleImage(name="unused", data=numbers.integers(0, 256, (6, 8), dtype="u1")),
    ]
    images = Images(
        name="natural", images=pictures, description="scenes", order_of_images=ImageReferences(name="order_of_images", data=pictures)
    )
    file.add_stimulus_template(images)
    shown = np.array([0, 1, 2, 2, 1, 0, 0, 1, 2, 1], dtype="u4")
    times = 1.0 + 1.5 * np.arange(10)
    file.add_stimulus(IndexSeries(name="scenes", data=shown, timestamps=times, indexed_images=images, unit="N/A"))
    file.add_trial_column("tier", "what the trial is for")
    file.add_trial_column("image_name", "the image")
    tiers = ["train", "validation", "test"]
    for onset, index in zip(times, shown):
        name = pictures[index].name
        file.add_trial(start_time=onset - 0.2, stop_time=onset + 0.8, tier=tiers[index], image_name=f"{name}.png")
    file.add_invalid_time_interval(start_time=4.2, stop_time=4.3, tags=["laser"])
    write(file, "index_series.nwb")
    window = [0.05, 0.3]
    with pynwb.NWBHDF5IO(folder / "index_series.nwb", "r") as io:
        read = io.read()
        spikes = [read.units["spike_times"][unit] for unit in range(5)]
        kept = [trial for trial in range(10) if trial != 2]
        counts = [
            [
                None if unit == 1 and not any(b <= t + window[0] and t + window[1] <= e for b, e in observed[1]) else
                count(spikes[unit], t + window[0], t + window[1])
                for unit in range(5)
            ]
            for t in times[kept]
        ]
        expected["index_series"] = {
            "window": window,
            "shown": [pictures[shown[trial]].name for trial in kept],
            "counts": counts,
            "images": {p.name: np.asarray(p.data).tolist() for p in pictures},
            "coordinates": [[10.0 * c, 5.0 - c, 100.0 + c] for c in [4, 3, 2, 1, 0]],
        }


def optical_series():
    """No trials; frames are shown one after the other, some of them twice; coloured fractions; behaviour."""
    file = new_file("mouse 2", "")
    add_units(file, units=3)
    different = numbers.uniform(0, 1, (4, 5, 7, 3)).astype("f4")
    order = [0, 1, 2, 1, 3, 0]
    times = np.array([1.0, 1.25, 1.5, 1.8, 2.1, 2.4])
    file.add_stimulus(
        OpticalSeries(
            name="flashes", data=different[order], timestamps=times, unit="n.a.", distance=0.6, format="raw",
            field_of_view=[0.3, 0.2], orientation="lower left",
        )
    )
    clock = np.arange(0, 20, 0.05)
    speed = pynwb.TimeSeries(name="running_speed", data=2 + np.sin(clock), timestamps=clock, unit="m/s", conversion=0.01)
    size = 3 + np.cos(clock)
    size[30:36] = np.nan
    module = file.create_processing_module("behavior", "what it did")
    module.add(BehavioralTimeSeries(time_series=speed))
    module.add(PupilTracking(time_series=pynwb.TimeSeries(name="pupil_diameter", data=size, timestamps=speed, unit="mm")))
    write(file, "optical_series.nwb")
    filled = np.interp(clock, clock[np.isfinite(size)], size[np.isfinite(size)])
    within = [(clock >= t) & (clock < t + 0.25) for t in times]
    change = [(filled[w][-1] - filled[w][0]) / (clock[w][-1] - clock[w][0]) for w in within]
    behavior = [
        [float(filled[w].mean()), float(slope), float(0.01 * (2 + np.sin(clock[w])).mean())]
        for w, slope in zip(within, change)
    ]
    spikes = [file.units["spike_times"][unit] for unit in range(3)]
    expected["optical_series"] = {
        "order": order,
        "behavior": behavior,
        "frames": different.reshape(4, -1).astype(float).tolist(),
        "counts": [[count(spikes[unit], t, t + 0.25) for unit in range(3)] for t in times],
    }


def fluorescence():
    """Two series of regions of interest at a rate; a presentation of the frames of an ImageSeries; times from a start."""
    file = new_file("mouse 3", "a/b")
    device = file.create_device("microscope")
    plane = file.create_imaging_plane(
        name="plane", optical_channel=OpticalChannel(name="green", description="gcamp", emission_lambda=520.0), description="V1", device=device,
        excitation_lambda=920.0, indicator="GCaMP6s", location="V1",
    )
    module = file.create_processing_module("ophys", "fluorescence")
    segmentation = ImageSegmentation()
    module.add(segmentation)
    table = segmentation.create_plane_segmentation("cells", plane, name="plane_segmentation")
    for cell in range(5):
        table.add_roi(pixel_mask=[(cell, cell, 1.0)], id=40 + cell)
    rois = table.create_roi_table_region("all but the first", region=[4, 3, 2, 1])
    raw = numbers.integers(0, 2000, (120, 4)).astype("i2")
    raw_region = table.create_roi_table_region("all but the first", region=[4, 3, 2, 1])
    module.add(
        Fluorescence(
            name="Fluorescence",
            roi_response_series=pynwb.ophys.RoiResponseSeries(
                name="raw", data=raw, rois=raw_region, unit="a.u.", rate=10.0, starting_time=0.5, conversion=0.5, offset=3.0
            ),
        )
    )
    dff = numbers.normal(size=(120, 4)).astype("f4")
    dff[24, 1] = np.nan
    module.add(
        DfOverF(
            roi_response_series=pynwb.ophys.RoiResponseSeries(
                name="dff", data=dff, rois=rois, unit="n.a.", rate=10.0, starting_time=0.5
            )
        )
    )
    frames = numbers.integers(0, 256, (4, 6, 6), dtype="u1")
    movie = ImageSeries(
        name="gratings", data=frames, unit="n.a.", rate=1.0, format="raw",
        control=np.arange(4, dtype="u1"), control_description=["0°", "45°", "90°", "135°"],
    )
    file.add_stimulus_template(movie)
    shown = np.array([3, 0, 1, 2, 3, 0, 1, 2], dtype="u4")
    write(file, "fluorescence.nwb")
    with h5py.File(folder / "fluorescence.nwb", "a") as h5:
        # as written before NWB 2.5, and with one number in an array of one, as some writers store it
        series = h5["stimulus/presentation"].create_group("shown")
        series.attrs.update(namespace="core", neurodata_type="IndexSeries")
        series["data"] = shown
        series["data"].attrs.update(conversion=1.0, resolution=-1.0, unit="N/A")
        series["starting_time"] = np.array([2.0])
        series["starting_time"].attrs["rate"] = np.array([1.0], dtype="f4")
        series["indexed_timeseries"] = h5py.SoftLink("/stimulus/templates/gratings")
    clock = 0.5 + np.arange(120) / 10.0
    spans = [(clock >= 2.0 + i + 0.1) & (clock < 2.0 + i + 0.5) for i in range(8)]
    expected["fluorescence"] = {
        "shown": [["0°", "45°", "90°", "135°"][index] for index in shown],
        "dff": [[float(np.nanmean(dff[w, cell].astype("f8"))) for cell in range(4)] for w in spans],
        "raw": [[float((raw[w, cell] * 0.5 + 3.0).mean()) for cell in range(4)] for w in spans],
    }


def external_images():
    """Trials name images that are not in the file; units lie in a processing module; two tables of intervals."""
    file = new_file("person 4", "4")
    units = pynwb.misc.Units(name="sorted", description="spikes")
    for unit in range(2):
        units.add_unit(spike_times=np.sort(numbers.uniform(0, 20, 60)), id=unit)
    file.create_processing_module("ecephys", "sorting").add(units)
    called = ["house.jpg", "face.jpg", "omitted", "face.jpg", "car.jpg", "house.jpg"]
    for name in ["encoding", "recall"]:
        table = pynwb.epoch.TimeIntervals(name=name, description="trials")
        table.add_column("stimCategory", "class")
        table.add_column("picture_file", "what was shown")
        table.add_column("stimulus_on", "when")
        for trial, image in enumerate(called):
            start = trial * 2.0 + (10 if name == "recall" else 0) * 0.1
            onset = np.nan if trial == 5 else start + 0.5
            table.add_row(start_time=start, stop_time=start + 1.5, stimCategory=trial % 2, picture_file=image, stimulus_on=onset)
        file.add_time_intervals(table)
    file.add_stimulus(
        ImageSeries(
            name="clips", external_file=["a.mp4", "b.mp4", "c.mp4"], starting_frame=[0, 0, 0], unit="n.a.", format="external",
            timestamps=[30.0, 31.0, 32.0],
        )
    )
    write(file, "external_images.nwb")
    onsets = [trial * 2.0 + 1.0 + 0.5 for trial in [0, 1, 3, 4]]
    expected["external_images"] = {
        "shown": ["house", "face", "face", "car"],
        "counts": [[count(units["spike_times"][unit], t, t + 1.0) for unit in range(2)] for t in onsets],
    }


def minimal(name, change):
    """The least that is a recording, by h5py alone, with one thing wrong."""
    with h5py.File(folder / f"broken_{name}.nwb", "w", libver="latest") as file:
        file.attrs["nwb_version"] = "2.7.0"
        units = file.create_group("units")
        units["id"] = np.arange(2)
        units["spike_times"] = np.array([0.1, 0.6, 1.1, 0.2, 1.7])
        units["spike_times_index"] = np.array([3, 5], dtype="u1")
        shown = file.create_group("stimulus/presentation/shown")
        shown["data"] = np.array([0, 1, 0], dtype="u4")
        shown["timestamps"] = np.array([0.0, 0.5, 1.0])
        images = file.create_group("stimulus/templates/images")
        for index in range(3):
            images[f"image{index}"] = np.full((2, 3), index, dtype="u1")
        shown["indexed_images"] = h5py.SoftLink("/stimulus/templates/images")
        change(file)


def replace(path, value):
    def change(file):
        del file[path]
        if value is not None:
            file[path] = value

    return change


def order_of_nothing(file):
    images = file["stimulus/templates/images"]
    lost = file.create_dataset("lost", data=1)
    images["order_of_images"] = np.array([images["image2"].ref, lost.ref], dtype=h5py.ref_dtype)
    del file["lost"]


broken = {
    "nothing": lambda file: None,
    "index_end": replace("units/spike_times_index", np.array([3, 9], dtype="u1")),
    "index_rows": replace("units/spike_times_index", np.array([5], dtype="u1")),
    "spikes": replace("units/spike_times", np.array([b"a", b"b", b"c", b"d", b"e"])),
    "timestamps": replace("stimulus/presentation/shown/timestamps", np.array([0.0, 0.5])),
    "descending": replace("stimulus/presentation/shown/timestamps", np.array([0.0, 0.5, 0.25])),
    "no_times": replace("stimulus/presentation/shown/timestamps", None),
    "picture": replace("stimulus/presentation/shown/data", np.array([0, 3, 0], dtype="u4")),
    "sizes": replace("stimulus/templates/images/image1", np.zeros((4, 4), dtype="u1")),
    "shape": replace("stimulus/templates/images/image1", np.zeros((4, 4, 0), dtype="u1")),
    "order": order_of_nothing,
    "circle": replace("stimulus/presentation/shown/indexed_images", h5py.SoftLink("/stimulus/presentation/shown/indexed_images")),
    "elsewhere": replace("stimulus/presentation/shown/indexed_images", h5py.ExternalLink("other.nwb", "/images")),
    "no_units": replace("units", None),
    "no_stimuli": replace("stimulus", None),
    "version": lambda file: file.attrs.modify("nwb_version", "1.0.6"),
}
for name, change in broken.items():
    minimal(name, change)
for make in [index_series, optical_series, fluorescence, external_images]:
    make()
(folder / "expected.json").write_text(json.dumps(expected) + "\n")
for path in sorted(folder.iterdir()):
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")
