import { Train } from "./layout";
import { address, field } from "./record";

/** Which part of a train belongs to a step of an image. */
function slotOf(train: usize, step: i32): usize {
  const slots = field(train, Train.slots);
  return slots === 1 ? 0 : <usize>(step % slots);
}

function ownerOf(train: usize, image: i32, owner: i32): usize {
  return <usize>(field(train, Train.ownedByImage) ? image : owner);
}

/** Where the codes of a step of an image begin. @param slot number of the step in its run */
export function codesOf(train: usize, image: i32, owner: i32, step: i32, slot: i32): usize {
  const first =
    address(train, Train.codes) + ownerOf(train, image, owner) * address(train, Train.codesOwnerBytes);
  const slotBytes = address(train, Train.codesSlotBytes);
  if (slotBytes !== 0) return first + slotOf(train, step) * slotBytes;
  return slot === 0 ? first : <usize>load<u32>(offsetsOf(train, image, owner, step - 1), 4);
}

/** Where the offsets of a step of an image begin. */
export function offsetsOf(train: usize, image: i32, owner: i32, step: i32): usize {
  return (
    address(train, Train.offsets) +
    slotOf(train, step) * address(train, Train.offsetsSlotBytes) +
    ownerOf(train, image, owner) * address(train, Train.offsetsOwnerBytes)
  );
}
