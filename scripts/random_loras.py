"""Random LoRA files in the spellings that published ones have."""

import json

import safetensors.torch
import torch

# What LCM-LoRA, Hyper-SD and the others adapt.
_UNET_TARGETS = ("to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "ff.net.0.proj", "ff.net.2",
                 "conv1", "conv2", "conv_shortcut", "downsamplers.0.conv", "upsamplers.0.conv",
                 "time_emb_proj", "conv_in", "conv_out")
_TEXT_TARGETS = ("q_proj", "k_proj", "v_proj", "out_proj", "mlp.fc1", "mlp.fc2")


def _modules(module, targets, keep):
    """Names of the linear layers and convolutions that end with one of `targets`, one of `keep`."""
    names = [name for name, part in module.named_modules()
             if isinstance(part, (torch.nn.Linear, torch.nn.Conv2d)) and name.endswith(targets)]
    return [name for index, name in enumerate(sorted(names)) if index % keep == 0]


def _factors(layer, rank, generator):
    """(down, up) of an update with about a tenth of the layer's gain."""
    weight = layer.weight
    down = torch.randn((rank, *weight.shape[1:]), generator=generator) / weight[0].numel() ** 0.5
    up = 0.1 * torch.randn((weight.shape[0], rank), generator=generator) / rank**0.5
    return down, up[..., None, None] if weight.dim() == 4 else up


def _name(style, component, module, part):
    """A tensor's key; `part` is down, up or alpha."""
    if style == "kohya":
        prefix = {"unet": "lora_unet", "text_encoder": "lora_te", "text_encoder_2": "lora_te2"}[component]
        suffix = {"down": "lora_down.weight", "up": "lora_up.weight", "alpha": "alpha"}[part]
        return f"{prefix}_{module.replace('.', '_')}.{suffix}"
    if style == "peft":
        return f"{component}.{module}.lora_{'A' if part == 'down' else 'B'}.weight"
    stem = "lora" if component == "unet" else "lora_linear_layer"
    return f"{component}.{module}.{stem}.{part}.weight"


def write_lora(pipeline, path, seed, style, rank, alpha=None, keep=2, dtype=torch.float16, sdxl=False):
    """Writes random updates of the UNet and the text encoders in `style`: peft, kohya or diffusers.

    With `alpha`, kohya's files have a tensor for it at every module, peft's the metadata that diffusers
    writes."""
    generator = torch.Generator().manual_seed(seed)
    tensors, metadata = {}, {}
    components = {"unet": (pipeline.unet, _UNET_TARGETS), "text_encoder": (pipeline.text_encoder, _TEXT_TARGETS)}
    if getattr(pipeline, "text_encoder_2", None) is not None:
        components["text_encoder_2"] = (pipeline.text_encoder_2, _TEXT_TARGETS)
    for component, (model, targets) in components.items():
        # diffusers overlooks a kohya file's text projections unless to_out is among them: keep all.
        modules = _modules(model, targets, keep if component == "unet" else 1)
        for module in modules:
            down, up = _factors(model.get_submodule(module), rank, generator)
            name = module
            if component != "unet" and not module.startswith("text_model."):
                name = f"text_model.{module}"
            tensors[_name(style, component, name, "down")] = down.to(dtype)
            tensors[_name(style, component, name, "up")] = up.to(dtype)
            if style == "kohya" and alpha is not None:
                tensors[_name(style, component, name, "alpha")] = torch.tensor(float(alpha))
        metadata[f"{component}.r"] = rank
        metadata[f"{component}.lora_alpha"] = alpha if alpha is not None else rank
        metadata[f"{component}.target_modules"] = modules
    header = {"format": "pt"}
    if style == "peft" and alpha is not None:
        header["lora_adapter_metadata"] = json.dumps(metadata)
    safetensors.torch.save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path, header)
