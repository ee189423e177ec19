import protobuf from "protobufjs/light.js";

const field = (id: number, type: string, rule?: "repeated") => ({ id, type, ...(rule ? { rule } : {}) });

/**
 * The messages of the standard's onnx.proto with its field numbers, for writing and for reading: without
 * documentation, device placement, quantisation annotations and training, which Striate neither writes nor reads.
 */
export const onnxSchema = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: field(1, "int64"),
        producerName: field(2, "string"),
        producerVersion: field(3, "string"),
        graph: field(7, "Graph"),
        opsetImport: field(8, "OperatorSet", "repeated"),
        metadataProps: field(14, "Entry", "repeated"),
      },
    },
    OperatorSet: { fields: { domain: field(1, "string"), version: field(2, "int64") } },
    Entry: { fields: { key: field(1, "string"), value: field(2, "string") } },
    Graph: {
      fields: {
        node: field(1, "Node", "repeated"),
        name: field(2, "string"),
        initializer: field(5, "TensorData", "repeated"),
        input: field(11, "ValueInfo", "repeated"),
        output: field(12, "ValueInfo", "repeated"),
        valueInfo: field(13, "ValueInfo", "repeated"),
        sparseInitializer: field(15, "bytes", "repeated"),
      },
    },
    Node: {
      fields: {
        input: field(1, "string", "repeated"),
        output: field(2, "string", "repeated"),
        name: field(3, "string"),
        opType: field(4, "string"),
        attribute: field(5, "Attribute", "repeated"),
        domain: field(7, "string"),
      },
    },
    Attribute: {
      fields: {
        name: field(1, "string"),
        f: field(2, "float"),
        i: field(3, "int64"),
        s: field(4, "bytes"),
        t: field(5, "TensorData"),
        g: field(6, "Graph"),
        floats: field(7, "float", "repeated"),
        ints: field(8, "int64", "repeated"),
        strings: field(9, "bytes", "repeated"),
        tensors: field(10, "bytes", "repeated"),
        graphs: field(11, "bytes", "repeated"),
        tp: field(14, "bytes"),
        typeProtos: field(15, "bytes", "repeated"),
        type: field(20, "int32"),
        refAttrName: field(21, "string"),
        sparseTensor: field(22, "bytes"),
        sparseTensors: field(23, "bytes", "repeated"),
      },
    },
    TensorData: {
      fields: {
        dims: field(1, "int64", "repeated"),
        dataType: field(2, "int32"),
        segment: field(3, "bytes"),
        floatData: field(4, "float", "repeated"),
        int32Data: field(5, "int32", "repeated"),
        stringData: field(6, "bytes", "repeated"),
        int64Data: field(7, "int64", "repeated"),
        name: field(8, "string"),
        rawData: field(9, "bytes"),
        doubleData: field(10, "double", "repeated"),
        uint64Data: field(11, "uint64", "repeated"),
        externalData: field(13, "Entry", "repeated"),
        dataLocation: field(14, "int32"),
      },
    },
    ValueInfo: { fields: { name: field(1, "string"), type: field(2, "ValueType") } },
    ValueType: { fields: { tensorType: field(1, "TensorType") } },
    TensorType: { fields: { elemType: field(1, "int32"), shape: field(2, "TensorShape") } },
    TensorShape: { fields: { dim: field(1, "Dimension", "repeated") } },
    Dimension: { fields: { dimValue: field(1, "int64"), dimParam: field(2, "string") } },
  },
});
onnxSchema.resolveAll();
