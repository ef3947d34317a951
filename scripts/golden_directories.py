"""The model directories of tests/goldens, as diffusers saves and loads them."""

import json
import shutil

import diffusers
import safetensors.torch
import torch
from diffusers import UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from diffusers_runs import MAX_TOKENS, calibrate, randomize, write_tokenizer
from random_loras import write_lora

CROSS_DIM = 32


def text_config(tokenizer, hidden_act, hidden_size=CROSS_DIM, projection_dim=CROSS_DIM):
    return CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=hidden_size, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=MAX_TOKENS, hidden_act=hidden_act,
        projection_dim=projection_dim, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)


def build(recipe, tokenizers):
    seed = recipe["seed"]
    second = dict(recipe.get("second_text_encoder", {}))
    second.pop("pad_token", None)
    text = CLIPTextModel(text_config(tokenizers[0], recipe["hidden_act"]))
    width = CROSS_DIM + second.get("hidden_size", 0)
    unet = UNet2DConditionModel(norm_num_groups=8, cross_attention_dim=width, **recipe["unet"])
    vae_class, vae_config = recipe["vae"]
    modules = {"text_encoder": text, "unet": unet, "vae": vae_class(**vae_config)}
    if second:
        modules["text_encoder_2"] = CLIPTextModelWithProjection(text_config(tokenizers[1], **second))
    for offset, module in enumerate(modules.values()):
        randomize(module, seed + offset)
        module.eval()
    calibrate(unet, modules["vae"], seed + 10)
    modules.update(tokenizer=tokenizers[0], scheduler=recipe["scheduler"])
    if second:
        return diffusers.StableDiffusionXLPipeline(tokenizer_2=tokenizers[1], add_watermarker=False, **modules)
    pipeline = getattr(diffusers, recipe.get("pipeline", "StableDiffusionPipeline"))
    return pipeline(safety_checker=None, feature_extractor=None, requires_safety_checker=False, **modules)


def use_legacy_names(folder):
    """Spells tensor names as old files do: text_model., position_ids, query/key/value/proj_attn."""
    path = folder / "text_encoder" / "model.safetensors"
    tensors = {f"text_model.{name.removeprefix('text_model.')}": tensor
               for name, tensor in safetensors.torch.load_file(path).items()}
    tensors["text_model.embeddings.position_ids"] = torch.arange(MAX_TOKENS)[None]
    safetensors.torch.save_file(tensors, path, {"format": "pt"})
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    tensors = safetensors.torch.load_file(path)
    for new, old in (("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")):
        tensors = {name.replace(f".attentions.0.{new}.", f".attentions.0.{old}."): tensor
                   for name, tensor in tensors.items()}
    safetensors.torch.save_file(tensors, path, {"format": "pt"})


def pad_tokens(recipe):
    pads = {"tokenizer": recipe["pad_token"]}
    if "second_text_encoder" in recipe:
        pads["tokenizer_2"] = recipe["second_text_encoder"]["pad_token"]
    return pads


def make_directory(recipe, folder, vocabulary):
    tokenizers = []
    for name, pad in pad_tokens(recipe).items():
        write_tokenizer(vocabulary, folder / name, pad)
        tokenizers.append(CLIPTokenizer.from_pretrained(folder / name))
    pipeline = build(recipe, tokenizers)
    pipeline.to(torch.float16).save_pretrained(folder, safe_serialization=True)
    for name, pad in pad_tokens(recipe).items():
        shutil.rmtree(folder / name)
        write_tokenizer(vocabulary, folder / name, pad)
    if "manifest" in recipe:
        write_json(folder / "strobe.json", recipe["manifest"])
    if recipe.get("legacy_names"):
        use_legacy_names(folder)


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


@torch.no_grad()
def make_derived_directory(recipe, folder):
    """strobe.json and what it names; everything else is in the directory that the recipe is over."""
    folder.mkdir(parents=True)
    base = folder.parent / recipe["over"]
    scheduler_class, changes = recipe["scheduler"]
    manifest = {"name": folder.name, "base": f"../{recipe['over']}", **recipe["manifest"],
                "scheduler": {"_class_name": scheduler_class.__name__, **changes}}
    if "new_unet" in recipe:
        unet = UNet2DConditionModel.from_pretrained(base / "unet")
        randomize(unet, recipe["seed"])
        calibrate(unet, None, recipe["seed"] + 10)
        tensors = {name: tensor.to(torch.float16) for name, tensor in unet.state_dict().items()}
        safetensors.torch.save_file(tensors, folder / recipe["new_unet"], {"format": "pt"})
    if "loras" in recipe:
        manifest["lora"] = [{"path": name, "scale": spec["scale"]} for name, spec in recipe["loras"].items()]
        pipeline = load(base, torch.float32)
        for name, spec in recipe["loras"].items():
            options = {key: value for key, value in spec.items() if key != "scale"}
            write_lora(pipeline, folder / name, **options)
    write_json(folder / "strobe.json", manifest)


def load(folder, dtype):
    pipeline = diffusers.DiffusionPipeline.from_pretrained(folder, dtype=dtype, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(dtype)


def load_derived(recipe, folder, dtype):
    pipeline = load(folder.parent / recipe["over"], dtype)
    scheduler_class, changes = recipe["scheduler"]
    config = {**pipeline.scheduler.config, **changes}
    if isinstance(pipeline, diffusers.StableDiffusionPipeline):
        config["clip_sample"] = False  # what its constructor does to the scheduler of a directory
    pipeline.scheduler = scheduler_class.from_config(config)
    unet = recipe["manifest"].get("unet")
    if unet is not None:
        pipeline.unet.load_state_dict(safetensors.torch.load_file(folder / unet))
    loras = recipe.get("loras", {})
    for name in loras:
        pipeline.load_lora_weights(folder, weight_name=name, adapter_name=name.split(".")[0])
    if loras:
        names = [name.split(".")[0] for name in loras]
        pipeline.set_adapters(names, [spec["scale"] for spec in loras.values()])
        pipeline.fuse_lora(adapter_names=names, components=["unet", "text_encoder"])
        pipeline.unload_lora_weights()
    return pipeline.to(dtype)
