"""The pocket world: scenes, pictures and patch labels."""

from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensorium_pocket.world import (
    BACKGROUNDS,
    THINGS,
    VARIANTS,
    Item,
    Scene,
    caption_scores,
    dense_labels,
    draw,
    is_correct,
    place_item,
    sample_scene,
)
from sensorium_pocket.world.labels import PATCHES, THING_CLASSES, home_patch, size_class
from sensorium_pocket.world.scenes import PICTURE_PIXELS, TEXTURES
from sensorium_pocket.world.sprites import load_sprites

seeds = st.integers(0, 2**32)


def test_the_same_seed_gives_the_same_scene_and_picture() -> None:
    one, other = sample_scene(Random(3)), sample_scene(Random(3))
    assert one == other
    assert draw(one).tobytes() == draw(other).tobytes()


def test_draw_gives_an_rgb_picture_of_the_size_asked_for() -> None:
    scene = sample_scene(Random(4))
    assert (draw(scene).size, draw(scene).mode) == ((96, 96), "RGB")
    large = draw(scene, size=384)
    assert large.size == (384, 384)
    difference = np.asarray(large.resize((96, 96)), float) - np.asarray(draw(scene), float)
    assert np.abs(difference).mean() < 12


@pytest.mark.parametrize("texture", TEXTURES)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_every_shade_is_nearest_to_its_own_name(background: str, texture: str) -> None:
    names = list(BACKGROUNDS)
    middles = np.array([BACKGROUNDS[name] for name in names], float)
    for seed in range(5):
        picture = np.asarray(draw(Scene(background, texture, (), seed)), float)
        mean = picture.mean((0, 1))
        assert names[np.linalg.norm(middles - mean, axis=1).argmin()] == background


def test_there_is_one_sprite_per_variant_and_no_word_means_two_things() -> None:
    assert len(load_sprites()) == len(VARIANTS)
    words = [{form for pair in thing.words for form in pair} for thing in THINGS]
    assert max(Counter(word for forms in words for word in forms).values()) == 1


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_scenes_keep_their_promises(seed: int) -> None:
    scene = sample_scene(Random(seed))
    cells = [item.cell for item in scene.items]
    assert 1 <= len(cells) <= 6
    assert cells == sorted(set(cells))
    for item in scene.items:
        x, y = item.centre
        assert (y // 32, x // 32) == (item.row, item.column)
        assert 18 <= item.scale <= 36
        assert item.colour != scene.background
        assert min(item.box) >= -2.01
        assert max(item.box) <= PICTURE_PIXELS + 2.01


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_labels_agree_with_the_scene(seed: int) -> None:
    scene = sample_scene(Random(seed))
    labels = dense_labels(scene)
    assert labels.home.sum() == len(scene.items)
    assert list(BACKGROUNDS)[labels.background] == scene.background
    assert labels.thing.shape == labels.cell.shape == labels.size.shape == (PATCHES,)
    assert labels.thing.max() < THING_CLASSES
    assert set(labels.item.tolist()) - {-1} == set(range(len(scene.items)))
    for patch, index in enumerate(labels.item.tolist()):
        values = (labels.thing[patch], labels.cell[patch], labels.size[patch])
        if index < 0:
            assert values == (0, 0, 0)
        else:
            item = scene.items[index]
            assert values == (1 + item.variant, 1 + item.cell, size_class(item.scale))
    for index, item in enumerate(scene.items):
        assert labels.home[home_patch(item)]
        assert labels.item[home_patch(item)] == index


def test_a_patch_belongs_to_the_item_drawn_on_it() -> None:
    item = Item("square", "red", 4, 34.0, (31.0, 31.0, 65.0, 65.0))
    labels = dense_labels(Scene("white", "flat", (item,)))
    assert np.flatnonzero(labels.thing).tolist() == [14, 15, 20, 21]
    assert dense_labels(Scene("white", "flat", ())).thing.sum() == 0


def test_counts_from_one_to_five_are_common() -> None:
    rng = Random(0)
    largest = Counter(
        max(Counter(item.thing for item in sample_scene(rng).items).values()) for _ in range(400)
    )
    assert all(largest[number] >= 20 for number in range(1, 6))


def test_captions_are_scored_by_what_they_name() -> None:
    rng = Random(1)
    items = (place_item(rng, "cat", None, 0), place_item(rng, "heart", "red", 4))
    scene = Scene("blue", "flat", items)
    exact = "I see: top left a cat, center a red heart. The background is blue."
    assert caption_scores(scene, exact) == (2, 2, 2)
    assert caption_scores(scene, "I see: top a cat, left a cat, center a blue heart.") == (1, 3, 2)
    assert caption_scores(scene, "I see: top an oran") == (0, 0, 2)
    assert is_correct("caption", exact, f" {exact}\n")
    assert not is_correct("caption", exact, exact[:-1])
    with pytest.raises(ValueError, match="No question kind 'captoin'"):
        is_correct("captoin", "", "")
